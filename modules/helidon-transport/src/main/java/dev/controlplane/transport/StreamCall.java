package dev.controlplane.transport;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2StreamWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One call, in place of Helidon's: hands the client's messages to the service, and sends its own.
 *
 * <p>Helidon 4.5.0's ({@code GrpcProtocolHandler.createServerCall}) compresses every message for a
 * client that says it could read that, keeps a buffer of 16 KiB for as long as the stream lives,
 * copies each message three times, and is the way to the over-sent window that {@link
 * ConnectionOutput} describes. This one sends messages as they are; one that is an array of bytes
 * already is copied once, into the buffer of the connection. A message that cannot be read, and a
 * handler that throws, end the call with a status; Helidon logs the exception and lets the client
 * wait.
 *
 * @param <ReqT> what the client sends
 * @param <RespT> what it gets
 */
final class StreamCall<ReqT, RespT> extends ServerCall<ReqT, RespT> {
  /** The call that the current thread handles. */
  static final Context.Key<StreamCall<?, ?>> CURRENT =
      Context.key("dev.controlplane.transport.call");

  private static final System.Logger LOGGER = System.getLogger(StreamCall.class.getName());

  private final MethodDescriptor<ReqT, RespT> method;
  private final Attributes attributes;
  private final ConnectionOutput output;
  private final OpenStream stream;
  private final Http2StreamWriter writer;
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicBoolean told = new AtomicBoolean();
  private final Queue<ReqT> received = new ArrayDeque<>();
  private long requested;
  private boolean delivering;
  private volatile ServerCall.Listener<ReqT> listener;
  private Runnable onGone;
  private volatile boolean gone;
  private volatile boolean closed;
  private boolean headersSent;
  private boolean headersSentEarly;

  /** Its handler goes on by itself, without the stream's thread. */
  private boolean detached;

  StreamCall(
      MethodDescriptor<ReqT, RespT> method,
      Attributes attributes,
      ConnectionOutput output,
      OpenStream stream,
      Http2StreamWriter writer) {
    this.method = method;
    this.attributes = attributes;
    this.output = output;
    this.stream = stream;
    this.writer = writer;
  }

  @Override
  public void request(int numMessages) {
    synchronized (received) {
      requested += numMessages;
    }
    deliver();
  }

  /** Sends headers before the handler's observer does, whose own then go nowhere. */
  void sendHeadersEarly() {
    if (!headersSent) {
      sendHeaders(new Metadata());
      headersSentEarly = true;
    }
  }

  @Override
  public void sendHeaders(Metadata metadata) {
    if (headersSentEarly) {
      headersSentEarly = false;
      return;
    }
    if (headersSent) {
      throw new IllegalStateException("headers are sent already");
    }
    headersSent = true;
    if (!gone) {
      write(ResponseHeaders.headers(metadata), Http2Flag.END_OF_HEADERS);
    }
  }

  @Override
  public void sendMessage(RespT message) {
    if (closed) {
      throw new IllegalStateException("the call has ended");
    }
    if (!headersSent) {
      throw new IllegalStateException("headers come before messages");
    }
    try (InputStream bytes = method.streamResponse(message)) {
      if (bytes instanceof Drainable drainable) {
        int length = bytes instanceof KnownLength ? bytes.available() : 0;
        WholeMessage whole = new WholeMessage(length);
        drainable.drainTo(whole);
        whole.send();
      } else {
        output.sender().message(stream, bytes.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode a message of " + method.getFullMethodName(), e);
    }
  }

  @Override
  public void close(Status status, Metadata metadata) {
    if (closed) {
      return;
    }
    Status end = status;
    try {
      output.sender().flush(stream);
    } catch (StreamStalledException e) {
      end = e.getStatus();
    }
    closed = true;
    try {
      if (!gone) {
        write(
            headersSent
                ? ResponseHeaders.trailers(end, metadata)
                : ResponseHeaders.trailersOnly(end, metadata),
            Http2Flag.END_OF_HEADERS | Http2Flag.END_OF_STREAM);
      }
    } finally {
      over.countDown();
    }
  }

  @Override
  public boolean isCancelled() {
    return gone;
  }

  @Override
  public MethodDescriptor<ReqT, RespT> getMethodDescriptor() {
    return method;
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  /**
   * Registers who is told that the client is gone.
   *
   * @return false if it is gone already
   */
  synchronized boolean onGone(Runnable listener) {
    if (gone) {
      return false;
    }
    onGone = listener;
    return true;
  }

  synchronized void forgetOnGone() {
    onGone = null;
  }

  /** The handler sends and ends from a thread of its own; called on the stream's. */
  void detach() {
    detached = true;
    output.detach(stream.id);
  }

  /** Whether Helidon's part of the stream is over. */
  boolean detached() {
    return detached;
  }

  /** The service is there. */
  void listen(ServerCall.Listener<ReqT> service) {
    listener = service;
    if (gone) {
      tell(ServerCall.Listener::onCancel);
      return;
    }
    deliver();
    try {
      service.onReady();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  /**
   * A message came.
   *
   * @return why the call ends, or null if it goes on
   */
  Status receive(byte[] message) {
    ReqT request;
    try {
      request = method.parseRequest(new WholeRequest(message));
    } catch (RuntimeException e) {
      return Status.INTERNAL.withDescription(
          "the message is not one of " + method.getFullMethodName() + ": " + e.getMessage());
    }
    synchronized (received) {
      received.add(request);
    }
    deliver();
    return null;
  }

  /** Hands in what came and was asked for, in order, on one thread at a time. */
  private void deliver() {
    while (true) {
      ReqT message;
      synchronized (received) {
        if (delivering || requested == 0 || listener == null || received.isEmpty()) {
          return;
        }
        message = received.remove();
        requested--;
        delivering = true;
      }
      try {
        listener.onMessage(message);
      } catch (RuntimeException | Error e) {
        failed(e);
      } finally {
        synchronized (received) {
          delivering = false;
        }
      }
    }
  }

  /**
   * The client has sent all: runs the method, if that is what it waits for; returns when the call
   * is over, or goes on by itself.
   */
  void halfClosed() {
    if (!closed && !gone && listener != null) {
      try {
        listener.onHalfClose();
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
    if (detached) {
      // Who handles the call was told by itself how it may end.
      listener = null;
      return;
    }
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (!gone) {
      tell(ServerCall.Listener::onComplete);
    }
  }

  /** Ends the call for what the client sent. */
  void refuse(Status status) {
    close(status, new Metadata());
    tell(ServerCall.Listener::onCancel);
  }

  /** Ends the call after its handler threw. */
  void failed(Throwable e) {
    if (closed || gone) {
      return;
    }
    Status status = Status.fromThrowable(e);
    if (status.getCode() == Status.Code.UNKNOWN) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "The handler of " + method.getFullMethodName() + " failed",
          e);
      status = Status.UNKNOWN.withDescription("the handler failed; the server's log says why");
    }
    Metadata trailers = Status.trailersFromThrowable(e);
    close(status, trailers == null ? new Metadata() : trailers);
  }

  /** Tells the service how the call ended: once, and never before it listens. */
  private void tell(Consumer<ServerCall.Listener<ReqT>> end) {
    ServerCall.Listener<ReqT> service = listener;
    if (service != null && told.compareAndSet(false, true)) {
      try {
        end.accept(service);
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.WARNING, "A listener of the end of a call failed", e);
      }
    }
  }

  boolean closed() {
    return closed;
  }

  /** The client is gone. */
  void clientGone() {
    Runnable first;
    synchronized (this) {
      gone = true;
      first = onGone;
      onGone = null;
    }
    over.countDown();
    if (first != null) {
      try {
        first.run();
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.WARNING, "A listener of a client that left failed", e);
      }
    }
    tell(ServerCall.Listener::onCancel);
  }

  /**
   * Writes headers through Helidon, which compresses them.
   *
   * <p>Its lock throws at a thread that is interrupted; nothing is written then, and the headers of
   * a stream are worth a second try.
   */
  private void write(Http2Headers headers, int flags) {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          writer.writeHeaders(
              headers, stream.id, Http2Flag.HeaderFlags.create(flags), FlowControl.Outbound.NOOP);
          return;
        } catch (IllegalStateException e) {
          if (!(e.getCause() instanceof InterruptedException)) {
            throw e;
          }
          interrupted = true;
        }
      }
    } catch (UncheckedIOException e) {
      if (!closed) {
        throw new StreamGoneException(e.getMessage());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A whole message: its marshaller may read it in one go. */
  private static final class WholeRequest extends ByteArrayInputStream implements KnownLength {
    WholeRequest(byte[] bytes) {
      super(bytes);
    }
  }

  /** Takes a message from its encoder. One that comes in one array is sent from there. */
  private final class WholeMessage extends OutputStream {
    private final int length;
    private ByteArrayOutputStream parts;
    private boolean sent;

    WholeMessage(int length) {
      this.length = length;
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      if (parts == null && count == length && count == bytes.length) {
        // An array of the message's own, which its encoder is done with.
        output.sender().message(stream, bytes);
        sent = true;
      } else {
        parts().write(bytes, from, count);
      }
    }

    @Override
    public void write(int b) {
      parts().write(b);
    }

    private ByteArrayOutputStream parts() {
      if (sent) {
        throw new IllegalStateException("an encoder wrote more than the length it said");
      }
      if (parts == null) {
        parts = new ByteArrayOutputStream(Math.max(length, 32));
      }
      return parts;
    }

    void send() {
      if (!sent) {
        output.sender().message(stream, parts == null ? new byte[0] : parts.toByteArray());
      }
    }
  }
}
