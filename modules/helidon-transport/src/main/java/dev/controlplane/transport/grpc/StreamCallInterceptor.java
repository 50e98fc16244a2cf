package dev.controlplane.transport.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.helidon.common.Weight;
import io.helidon.grpc.core.InterceptorWeights;

/** Replaces Helidon's call by a {@link StreamCall}. Runs before every other interceptor. */
@Weight(InterceptorWeights.CONTEXT + 1000.0)
final class StreamCallInterceptor implements ServerInterceptor {

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    if (!StreamHandler.CURRENT.isBound()) {
      return next.startCall(call, headers);
    }
    StreamHandler handler = StreamHandler.CURRENT.get();
    StreamCall<ReqT, RespT> ours = handler.call(call);
    Context context = Context.current().withValue(StreamCall.CURRENT, ours);
    try {
      ours.listen(Contexts.interceptCall(context, ours, headers, next));
    } catch (RuntimeException | Error e) {
      ours.failed(e);
    }
    // An empty listener for Helidon's handler: it must report nothing more.
    return new ServerCall.Listener<>() {};
  }
}
