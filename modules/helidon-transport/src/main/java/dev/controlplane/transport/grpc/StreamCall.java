package dev.controlplane.transport.grpc;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.OpenStream;
import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.helidon.http.http2.Http2StreamWriter;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * One gRPC call, in place of Helidon's: passes the client's messages to the {@link CalledService}
 * and sends the service's messages.
 *
 * <p>Helidon 4.5.0's call ({@code GrpcProtocolHandler.createServerCall}) keeps a buffer of 16 KiB
 * as long as the stream lives, copies each message three times, and exceeds the connection's window
 * as {@link ConnectionOutput} describes. Here a message is copied once, into the connection's
 * buffer.
 *
 * <p>A message that cannot be decoded and a handler that throws end the call with a status. Helidon
 * logs the exception and leaves the client waiting.
 *
 * @param <ReqT> the request message
 * @param <RespT> the response message
 */
final class StreamCall<ReqT, RespT> extends ServerCall<ReqT, RespT> {
  /** The call that the current thread handles. */
  static final Context.Key<StreamCall<?, ?>> CURRENT =
      Context.key("dev.controlplane.transport.call");

  private final MethodDescriptor<ReqT, RespT> method;
  private final Attributes attributes;
  private final StreamHandler handler;
  private final ConnectionOutput output;
  private final OpenStream stream;
  private final CallHeaders headers;
  private final ResponseCompression compression;
  private final CountDownLatch over = new CountDownLatch(1);
  private final CalledService<ReqT> service;
  private final ClientDeparture departure = new ClientDeparture();
  private volatile boolean closed;
  private final CallTimer timer = new CallTimer();

  /** The handler continues on threads of its own; Helidon's thread of the stream has ended. */
  private boolean detached;

  StreamCall(
      MethodDescriptor<ReqT, RespT> method,
      Attributes attributes,
      StreamHandler handler,
      ConnectionOutput output,
      OpenStream stream,
      Http2StreamWriter writer,
      ResponseCompression compression) {
    this.method = method;
    this.attributes = attributes;
    this.handler = handler;
    this.output = output;
    this.stream = stream;
    this.headers = new CallHeaders(new HeaderWriter(writer, stream.id), compression);
    this.service = new CalledService<>(method, this::failed);
    this.compression = compression;
  }

  @Override
  public void request(int numMessages) {
    service.request(numMessages);
  }

  /** See {@link CallHeaders#sendEarly}. */
  void sendHeadersEarly() {
    headers.sendEarly(departure);
  }

  @Override
  public void sendHeaders(Metadata metadata) {
    headers.send(metadata, departure);
  }

  @Override
  public void sendMessage(RespT message) {
    if (departure.isNoted()) {
      throw new StreamGoneException("the client is gone, or its deadline is over");
    }
    if (closed) {
      throw new IllegalStateException("the call has ended");
    }
    if (!headers.sent()) {
      throw new IllegalStateException("headers come before messages");
    }
    byte[] plain = MessageEncoder.encode(method, message);
    byte[] compressed = compression.compressed(method, message, plain);
    output.sender().message(stream, compressed == null ? plain : compressed, compressed != null);
  }

  @Override
  public void setCompression(String compressor) {
    if (headers.sent()) {
      throw new IllegalStateException("headers are sent already");
    }
    compression.choose(compressor);
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    compression.ofMessages(enabled);
  }

  @Override
  public void close(Status status, Metadata metadata) {
    if (closed) {
      return;
    }
    Status end = status;
    Metadata trailers = metadata;
    try {
      output.sender().flush(stream);
    } catch (StreamStalledException e) {
      end = e.getStatus();
      trailers = e.getTrailers();
    }
    try {
      synchronized (headers) {
        if (!departure.isNoted() && !closed) {
          closed = true;
          headers.trailers(end, trailers);
        }
      }
    } catch (StreamGoneException e) {
      // The client is gone, so the status has no receiver.
    } finally {
      closed = true;
      timer.stop();
      handler.callEnded();
      over.countDown();
    }
  }

  /** Ends the call with DEADLINE_EXCEEDED if it is still open after this time. */
  void expireAfter(Duration timeout) {
    timer.start(timeout, this::expire);
    if (closed || departure.isNoted()) {
      timer.stop();
    }
  }

  /**
   * The deadline has passed: sends the status to the client, and reports the client as gone to the
   * service.
   */
  private void expire() {
    boolean helidonHears;
    synchronized (headers) {
      if (closed || departure.isNoted()) {
        return;
      }
      departure.noted();
      closed = true;
      int errorCode = Frames.NO_ERROR;
      if (output.sender().giveUp(stream)) {
        try {
          headers.trailers(
              Status.DEADLINE_EXCEEDED.withDescription("the grpc-timeout of the call is over"),
              new Metadata());
        } catch (StreamGoneException e) {
          // The client left at the same moment.
        }
      } else {
        // Part of a message has been sent, and trailers in the middle of a message would be
        // malformed.
        errorCode = Frames.CANCEL;
      }
      helidonHears = output.handover().end(stream, errorCode);
    }
    handler.clientGone(helidonHears);
  }

  /** The client's address. */
  SocketAddress client() {
    return handler.client();
  }

  @Override
  public boolean isCancelled() {
    return departure.isNoted();
  }

  @Override
  public MethodDescriptor<ReqT, RespT> getMethodDescriptor() {
    return method;
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  /** Records and reports that the client is gone. */
  ClientDeparture departure() {
    return departure;
  }

  /**
   * From now on the handler sends and ends the stream from threads of its own. Must be called on
   * the stream's thread.
   */
  void detach() {
    detached = true;
    output.handover().detach(stream.id);
  }

  /** Whether the call was detached from Helidon. */
  boolean detached() {
    return detached;
  }

  /** Sets the service's listener and starts delivery. */
  void listen(ServerCall.Listener<ReqT> listener) {
    service.listens(listener);
    if (departure.isNoted()) {
      service.tell(ServerCall.Listener::onCancel);
    } else {
      service.begin();
    }
  }

  /**
   * A message arrived.
   *
   * @return the error that must end the call, or null if the call continues
   */
  GrpcError receive(byte[] message) {
    return service.receive(message);
  }

  /**
   * The client has sent its whole request. Runs the method if it waits for that. Returns when the
   * call is over or was detached.
   */
  void halfClosed() {
    if (!closed && !departure.isNoted()) {
      service.clientSentAll();
    }
    if (detached) {
      // The handler has its own way to learn that the client is gone.
      service.forget();
      return;
    }
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (!departure.isNoted()) {
      service.tell(ServerCall.Listener::onComplete);
    }
  }

  /** Ends the call with an error of the request. */
  void refuse(GrpcError error) {
    close(error.status(), error.trailers());
    service.tell(ServerCall.Listener::onCancel);
  }

  /** Ends the call because its handler threw an exception. */
  void failed(Throwable e) {
    if (closed || departure.isNoted()) {
      return;
    }
    Status status = service.statusOf(e);
    Metadata trailers = Status.trailersFromThrowable(e);
    close(status, trailers == null ? new Metadata() : trailers);
  }

  boolean closed() {
    return closed;
  }

  /** The client is gone: records it, and notifies the handler and the service. */
  void clientGone() {
    departure.noted();
    timer.stop();
    over.countDown();
    departure.tell();
    service.tell(ServerCall.Listener::onCancel);
  }
}
