package dev.controlplane.grpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.InternalServer;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.helidon.webserver.grpc.GrpcRouting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Server reflection with grpc-java's own services, v1 and v1alpha. Helidon's reflection lists a
 * service once per method, and finds nothing on a socket that was created in code.
 *
 * <p>grpc-java's services ask the server in the call's context for its services. This class stands
 * in for that server and does nothing else.
 */
final class Reflection extends Server implements ServerInterceptor {
  private final List<ServerServiceDefinition> services = new ArrayList<>();

  private Reflection() {}

  /** Creates a routing with these services and reflection for them. */
  @SuppressWarnings("deprecation") // older versions of grpcurl and Postman use v1alpha
  static GrpcRouting.Builder routing(BindableService... reflected) {
    Reflection reflection = new Reflection();
    GrpcRouting.Builder routing = GrpcRouting.builder();
    for (BindableService service : reflected) {
      ServerServiceDefinition definition = service.bindService();
      reflection.services.add(ReflectedFile.describing(definition));
      routing.service(definition);
    }
    for (BindableService service :
        List.of(ProtoReflectionServiceV1.newInstance(), ProtoReflectionService.newInstance())) {
      ServerServiceDefinition definition = ServerInterceptors.intercept(service, reflection);
      reflection.services.add(service.bindService());
      routing.service(definition);
    }
    return routing;
  }

  @Override
  public <RequestT, ResponseT> ServerCall.Listener<RequestT> interceptCall(
      ServerCall<RequestT, ResponseT> call,
      Metadata headers,
      ServerCallHandler<RequestT, ResponseT> next) {
    Context context = Context.current().withValue(InternalServer.SERVER_CONTEXT_KEY, this);
    return Contexts.interceptCall(context, call, headers, next);
  }

  @Override
  public List<ServerServiceDefinition> getImmutableServices() {
    return services;
  }

  @Override
  public Server start() {
    return this;
  }

  @Override
  public Server shutdown() {
    return this;
  }

  @Override
  public Server shutdownNow() {
    return this;
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  @Override
  public void awaitTermination() {
    throw new UnsupportedOperationException("reflection does not run a server");
  }
}
