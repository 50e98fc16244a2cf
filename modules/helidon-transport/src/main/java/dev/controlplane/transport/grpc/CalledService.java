package dev.controlplane.transport.grpc;

import dev.controlplane.transport.status.GrpcError;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The gRPC service side of one call: delivers the client's messages, as many as the service
 * requested, and reports the end of the call exactly once. An exception that the service throws is
 * passed to {@code failed}, which ends the call.
 *
 * @param <ReqT> the request message
 */
final class CalledService<ReqT> {
  private static final System.Logger LOGGER = System.getLogger(CalledService.class.getName());

  private final MethodDescriptor<ReqT, ?> method;
  private final Consumer<Throwable> failed;
  private final AtomicBoolean told = new AtomicBoolean();
  private final ReceivedMessages<ReqT> received = new ReceivedMessages<>();
  private volatile ServerCall.Listener<ReqT> listener;

  /**
   * @param failed receives what the service throws
   */
  CalledService(MethodDescriptor<ReqT, ?> method, Consumer<Throwable> failed) {
    this.method = method;
    this.failed = failed;
  }

  /** The service requests this many more messages. */
  void request(int messages) {
    received.request(messages);
  }

  /** Sets the service's listener. Nothing is delivered to it before {@link #begin}. */
  void listens(ServerCall.Listener<ReqT> service) {
    listener = service;
  }

  /** Starts delivery: calls {@code onReady}, then passes on messages. */
  void begin() {
    received.listen(this::deliver);
    try {
      listener.onReady();
    } catch (RuntimeException | Error e) {
      failed.accept(e);
    }
  }

  /**
   * Decodes a message and delivers it once the service has requested it.
   *
   * @return the error that must end the call, or null if the call continues
   */
  GrpcError receive(byte[] message) {
    ReqT request;
    try {
      request = method.parseRequest(new WholeRequest(message));
    } catch (RuntimeException e) {
      return InboundMessages.malformed(
          "the message is not one of " + method.getFullMethodName() + ": " + e.getMessage());
    }
    received.add(request);
    return null;
  }

  private void deliver(ReqT message) {
    ServerCall.Listener<ReqT> service = listener;
    if (service == null) {
      return;
    }
    try {
      service.onMessage(message);
    } catch (RuntimeException | Error e) {
      failed.accept(e);
    }
  }

  /**
   * Reports that the client has sent everything. Unary and server-streaming methods run on this
   * thread, inside this call.
   */
  void clientSentAll() {
    ServerCall.Listener<ReqT> service = listener;
    if (service == null) {
      return;
    }
    try {
      service.onHalfClose();
    } catch (RuntimeException | Error e) {
      failed.accept(e);
    }
  }

  /** Drops the listener: nothing more is reported to it. */
  void forget() {
    listener = null;
  }

  /** Reports the end of the call to the service: at most once, and only if it has a listener. */
  void tell(Consumer<ServerCall.Listener<ReqT>> end) {
    ServerCall.Listener<ReqT> service = listener;
    if (service != null && told.compareAndSet(false, true)) {
      try {
        end.accept(service);
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.WARNING, "A listener of the end of a call failed", e);
      }
    }
  }

  /**
   * Returns the status for an exception of the service. An exception without a status of its own is
   * logged, and the client gets UNKNOWN without its details.
   */
  Status statusOf(Throwable e) {
    Status status = Status.fromThrowable(e);
    if (status.getCode() != Status.Code.UNKNOWN) {
      return status;
    }
    LOGGER.log(
        System.Logger.Level.WARNING, "The handler of " + method.getFullMethodName() + " failed", e);
    return Status.UNKNOWN.withDescription("the handler failed; the server's log says why");
  }

  /** A complete message; {@link KnownLength} lets the marshaller read it in one go. */
  private static final class WholeRequest extends ByteArrayInputStream implements KnownLength {
    WholeRequest(byte[] bytes) {
      super(bytes);
    }
  }
}
