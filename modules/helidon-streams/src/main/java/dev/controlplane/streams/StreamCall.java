package dev.controlplane.streams;

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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;

/**
 * The response side of one call, in place of Helidon's.
 *
 * <p>Helidon 4.5.0's ({@code GrpcProtocolHandler.createServerCall}) compresses every message for a
 * client that says it could read that, keeps a buffer of 16 KiB for as long as the stream lives,
 * copies each message three times, and is the way to the over-sent window that {@link
 * ConnectionOutput} describes. This one sends messages as they are; one that is an array of bytes
 * already is copied once, into the buffer of the connection.
 *
 * @param <ReqT> what the client sends
 * @param <RespT> what it gets
 */
final class StreamCall<ReqT, RespT> extends ServerCall<ReqT, RespT> {
  /** The call that the current thread handles. */
  static final Context.Key<StreamCall<?, ?>> CURRENT = Context.key("dev.controlplane.streams.call");

  private final MethodDescriptor<ReqT, RespT> method;
  private final Attributes attributes;
  private final ConnectionOutput output;
  private final OpenStream stream;
  private final Http2StreamWriter writer;
  private final CountDownLatch over = new CountDownLatch(1);

  /** Helidon's call, which hands in the client's messages; null once the client has sent all. */
  private volatile ServerCall<ReqT, RespT> inbound;

  private Runnable onGone;
  private volatile boolean gone;
  private volatile boolean closed;
  private boolean headersSent;
  private boolean headersSentEarly;

  StreamCall(
      ServerCall<ReqT, RespT> inbound,
      ConnectionOutput output,
      OpenStream stream,
      Http2StreamWriter writer) {
    this.method = inbound.getMethodDescriptor();
    this.attributes = inbound.getAttributes();
    this.inbound = inbound;
    this.output = output;
    this.stream = stream;
    this.writer = writer;
  }

  // ---- the handler's side
  // -------------------------------------------------------------------------------------

  @Override
  public void request(int numMessages) {
    ServerCall<ReqT, RespT> messages = inbound;
    if (messages != null) {
      messages.request(numMessages);
    }
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
        byte[] all = bytes.readAllBytes();
        output.message(stream, all, 0, all.length);
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
    closed = true;
    try {
      if (!gone) {
        write(
            headersSent
                ? ResponseHeaders.trailers(status, metadata)
                : ResponseHeaders.trailersOnly(status, metadata),
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

  // ---- the connection's side
  // ----------------------------------------------------------------------------------

  /** The client has sent all: Helidon's call and its buffers can go. */
  void inboundEnded() {
    inbound = null;
  }

  boolean closed() {
    return closed;
  }

  /** Waits until the call is closed or the client gone. */
  void awaitOver() throws InterruptedException {
    over.await();
  }

  /** The client is gone. */
  void clientGone() {
    Runnable listener;
    synchronized (this) {
      gone = true;
      listener = onGone;
      onGone = null;
    }
    over.countDown();
    if (listener != null) {
      listener.run();
    }
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
      if (parts == null && count == length) {
        output.message(stream, bytes, from, count);
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
        byte[] all = parts == null ? new byte[0] : parts.toByteArray();
        output.message(stream, all, 0, all.length);
      }
    }
  }
}
