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
 * The service that a call is for: it gets the client's messages, as many as it asks for, and is
 * told once how the call ended. What it throws goes to the call.
 *
 * @param <ReqT> what the client sends
 */
final class CalledService<ReqT> {
  private static final System.Logger LOGGER = System.getLogger(CalledService.class.getName());

  private final MethodDescriptor<ReqT, ?> method;
  private final Consumer<Throwable> failed;
  private final AtomicBoolean told = new AtomicBoolean();
  private final ReceivedMessages<ReqT> received = new ReceivedMessages<>();
  private volatile ServerCall.Listener<ReqT> listener;

  /**
   * @param failed gets what the service throws
   */
  CalledService(MethodDescriptor<ReqT, ?> method, Consumer<Throwable> failed) {
    this.method = method;
    this.failed = failed;
  }

  /** The service takes so many messages more. */
  void request(int messages) {
    received.request(messages);
  }

  /** The service is there. It hears nothing yet. */
  void listens(ServerCall.Listener<ReqT> service) {
    listener = service;
  }

  /** The service gets messages from now on. */
  void begin() {
    received.listen(this::deliver);
    try {
      listener.onReady();
    } catch (RuntimeException | Error e) {
      failed.accept(e);
    }
  }

  /**
   * A message came.
   *
   * @return why the call ends, or null if it goes on
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

  /** The client has sent all; that may be what the method waits for, and it runs here then. */
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

  /** The service hears nothing more. */
  void forget() {
    listener = null;
  }

  /** Tells the service how the call ended: once, and never before it listens. */
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

  /** The status of a call whose service threw this; what the client can't know is logged. */
  Status statusOf(Throwable e) {
    Status status = Status.fromThrowable(e);
    if (status.getCode() != Status.Code.UNKNOWN) {
      return status;
    }
    LOGGER.log(
        System.Logger.Level.WARNING, "The handler of " + method.getFullMethodName() + " failed", e);
    return Status.UNKNOWN.withDescription("the handler failed; the server's log says why");
  }

  /** A whole message: its marshaller may read it in one go. */
  private static final class WholeRequest extends ByteArrayInputStream implements KnownLength {
    WholeRequest(byte[] bytes) {
      super(bytes);
    }
  }
}
