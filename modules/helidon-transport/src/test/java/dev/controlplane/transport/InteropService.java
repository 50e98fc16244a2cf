package dev.controlplane.transport;

import com.google.protobuf.ByteString;
import dev.controlplane.transport.interop.EchoStatus;
import dev.controlplane.transport.interop.Empty;
import dev.controlplane.transport.interop.Payload;
import dev.controlplane.transport.interop.ResponseParameters;
import dev.controlplane.transport.interop.SimpleRequest;
import dev.controlplane.transport.interop.SimpleResponse;
import dev.controlplane.transport.interop.StreamingInputCallRequest;
import dev.controlplane.transport.interop.StreamingInputCallResponse;
import dev.controlplane.transport.interop.StreamingOutputCallRequest;
import dev.controlplane.transport.interop.StreamingOutputCallResponse;
import dev.controlplane.transport.interop.TestServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The test service of the gRPC project, as its interop test descriptions ask for it. */
final class InteropService extends TestServiceGrpc.TestServiceImplBase {
  static final Metadata.Key<String> ECHO_INITIAL =
      Metadata.Key.of("x-grpc-test-echo-initial", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<byte[]> ECHO_TRAILING =
      Metadata.Key.of("x-grpc-test-echo-trailing-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private InteropService() {}

  /** The service, which sends back the metadata that it is told to. */
  static ServerServiceDefinition create() {
    return ServerInterceptors.intercept(new InteropService(), new EchoMetadata());
  }

  @Override
  public void emptyCall(Empty request, StreamObserver<Empty> responses) {
    responses.onNext(request);
    responses.onCompleted();
  }

  @Override
  public void unaryCall(SimpleRequest request, StreamObserver<SimpleResponse> responses) {
    compress(responses, request.getResponseCompressed().getValue());
    if (request.hasResponseStatus()) {
      responses.onError(asked(request.getResponseStatus()));
      return;
    }
    responses.onNext(
        SimpleResponse.newBuilder().setPayload(payload(request.getResponseSize())).build());
    responses.onCompleted();
  }

  @Override
  public void streamingOutputCall(
      StreamingOutputCallRequest request, StreamObserver<StreamingOutputCallResponse> responses) {
    compress(responses, true);
    send(request, responses);
    responses.onCompleted();
  }

  @Override
  public StreamObserver<StreamingInputCallRequest> streamingInputCall(
      StreamObserver<StreamingInputCallResponse> responses) {
    leaveQuietly(responses);
    return new StreamObserver<>() {
      private int size;

      @Override
      public void onNext(StreamingInputCallRequest request) {
        size += request.getPayload().getBody().size();
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        responses.onNext(
            StreamingInputCallResponse.newBuilder().setAggregatedPayloadSize(size).build());
        responses.onCompleted();
      }
    };
  }

  @Override
  public StreamObserver<StreamingOutputCallRequest> fullDuplexCall(
      StreamObserver<StreamingOutputCallResponse> responses) {
    leaveQuietly(responses);
    return new StreamObserver<>() {
      private boolean ended;

      @Override
      public void onNext(StreamingOutputCallRequest request) {
        if (request.hasResponseStatus()) {
          ended = true;
          responses.onError(asked(request.getResponseStatus()));
        } else {
          send(request, responses);
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        if (!ended) {
          responses.onCompleted();
        }
      }
    };
  }

  private static void send(
      StreamingOutputCallRequest request, StreamObserver<StreamingOutputCallResponse> responses) {
    ServerCallStreamObserver<StreamingOutputCallResponse> out =
        (ServerCallStreamObserver<StreamingOutputCallResponse>) responses;
    for (ResponseParameters wanted : request.getResponseParametersList()) {
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(wanted.getIntervalUs()));
      if (out.isCancelled()) {
        return;
      }
      out.setMessageCompression(wanted.getCompressed().getValue());
      out.onNext(
          StreamingOutputCallResponse.newBuilder().setPayload(payload(wanted.getSize())).build());
    }
  }

  private static void compress(StreamObserver<?> responses, boolean gzip) {
    ((ServerCallStreamObserver<?>) responses).setCompression(gzip ? "gzip" : "identity");
  }

  /** Without a handler the observer throws once the client is gone. */
  private static void leaveQuietly(StreamObserver<?> responses) {
    ((ServerCallStreamObserver<?>) responses).setOnCancelHandler(() -> {});
  }

  private static StatusRuntimeException asked(EchoStatus status) {
    return Status.fromCodeValue(status.getCode())
        .withDescription(status.getMessage())
        .asRuntimeException();
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  private static final class EchoMetadata implements ServerInterceptor {
    @Override
    public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
        ServerCall<ReqT, RespT> call, Metadata sent, ServerCallHandler<ReqT, RespT> next) {
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata headers) {
              if (sent.containsKey(ECHO_INITIAL)) {
                headers.put(ECHO_INITIAL, sent.get(ECHO_INITIAL));
              }
              super.sendHeaders(headers);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              if (sent.containsKey(ECHO_TRAILING)) {
                trailers.put(ECHO_TRAILING, sent.get(ECHO_TRAILING));
              }
              super.close(status, trailers);
            }
          },
          sent);
    }
  }
}
