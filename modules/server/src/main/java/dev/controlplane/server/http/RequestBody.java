package dev.controlplane.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.server.http.BodyPump.Bytes;
import dev.controlplane.server.http.BodyPump.End;
import dev.controlplane.server.http.BodyPump.Failure;
import dev.controlplane.server.http.BodyPump.Piece;
import dev.controlplane.transport.http1.TimedConnection;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The body of a request, read with time limits that Helidon's sockets don't have.
 *
 * <p>A {@link BodyPump} reads the socket; the handler takes its buffers with a time-out. So the
 * handler is never stuck in a read, can answer 408, and works on one buffer while the next one is
 * on its way. A small body that came with its head needs no thread. {@link BodyPace} judges the
 * client. Whoever answers the request calls {@link #release} on every way out: that frees the
 * thread and the buffers of a body that nobody wants any more.
 */
public final class RequestBody extends InputStream {
  private final Supplier<InputStream> source;
  private final BodyLimits limits;
  private final OptionalLong contentLength;

  /** The Content-Length says how much is read. */
  private final boolean plain;

  private final BodyPace pace;

  /** Null until the first read. */
  private BodyPump pump;

  private byte[] current;
  private int position;
  private int limit;
  private long received;
  private boolean ended;

  private RequestBody(ServerRequest request, BodyLimits limits, Supplier<InputStream> source) {
    this.source = source;
    this.limits = limits;
    this.pace = new BodyPace(limits);
    this.contentLength = request.headers().contentLength();
    this.plain = !request.headers().contains(HeaderNames.TRANSFER_ENCODING);
  }

  /**
   * The body of a request. Nothing is read, and a client that waits for {@code 100 Continue} is not
   * asked for it, before the first read.
   *
   * @throws ApiException 413 if Content-Length says that it is longer than the limit, 415 if it has
   *     another Content-Encoding than {@code identity}
   */
  public static RequestBody of(ServerRequest request, BodyLimits limits) {
    PlainBodies.require(request);
    RequestBody body = new RequestBody(request, limits, () -> request.content().inputStream());
    if (body.contentLength.orElse(0) > limits.maxBytes()) {
      throw BodyFaults.tooLarge(limits);
    }
    request.context().register(body);
    return body;
  }

  /**
   * The JSON object that is a request's body.
   *
   * @throws ApiException 400, 408, 413 or 415
   */
  public static JsonNode json(ServerRequest request, BodyLimits limits) {
    return Json.object(of(request, limits).readAllBytes());
  }

  /** Holds whoever reads the body of a request, Helidon too, to limits. */
  static void bound(ServerRequest request, BodyLimits limits) {
    request.streamFilter(
        in -> {
          if (request.context().get(RequestBody.class).isPresent()) {
            // What reads on after the answer has limits of its own.
            return in;
          }
          RequestBody body = new RequestBody(request, limits, () -> in);
          request.context().register(body);
          return body;
        });
  }

  /** The body of a request that is answered, whoever has begun to read it. */
  static RequestBody unread(ServerRequest request) {
    return request
        .context()
        .get(RequestBody.class)
        .orElseGet(
            () -> {
              RequestBody body =
                  new RequestBody(
                      request, BodyLimits.none(), () -> request.content().inputStream());
              request.context().register(body);
              return body;
            });
  }

  /** How long the client says the body is. */
  public OptionalLong contentLength() {
    return contentLength;
  }

  /** How many bytes have arrived. */
  public long received() {
    return received;
  }

  @Override
  public int read() {
    return fill() ? current[position++] & 0xff : -1;
  }

  /**
   * Reads what is there; waits, within the limits, if nothing is.
   *
   * @throws ApiException 408 if the client is too slow, 413 if the body is longer than the limit,
   *     400 if it is cut off or its framing is malformed
   */
  @Override
  public int read(byte[] into, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(current, position, into, offset, count);
    position += count;
    return count;
  }

  @Override
  public byte[] readAllBytes() {
    try {
      return super.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the bytes as they came, without a copy. */
  @FunctionalInterface
  public interface Sink {
    /** Takes bytes; they change after the call. */
    void write(byte[] bytes, int offset, int length);
  }

  /** Passes the rest of the body to a sink; errors as {@link #read(byte[], int, int)}. */
  public void copyTo(Sink sink) {
    while (fill()) {
      int from = position;
      position = limit;
      sink.write(current, from, limit - from);
    }
  }

  /** Makes a byte available at {@code position}; false at the end. */
  private boolean fill() {
    while (position == limit) {
      if (ended || !take()) {
        return false;
      }
    }
    return true;
  }

  private boolean take() {
    start();
    recycle();
    Piece piece = pump.poll();
    while (piece == null) {
      long before = System.nanoTime();
      piece = await(pace.patience());
      long waited = System.nanoTime() - before;
      if (piece == null) {
        pace.waitedInVain(waited, received);
      } else {
        pace.waited(waited, received + length(piece));
      }
    }
    return accept(piece);
  }

  private static int length(Piece piece) {
    return piece instanceof Bytes bytes ? bytes.length() : 0;
  }

  private Piece await(long nanos) {
    try {
      return pump.poll(nanos);
    } catch (InterruptedException e) {
      throw new CloseConnectionException("interrupted while a body was read", e);
    }
  }

  private boolean accept(Piece piece) {
    return switch (piece) {
      case Bytes bytes -> {
        current = bytes.buffer();
        position = 0;
        limit = bytes.length();
        received += bytes.length();
        if (received > limits.maxBytes()) {
          throw BodyFaults.tooLarge(limits);
        }
        yield true;
      }
      case End _ -> {
        ended = true;
        yield false;
      }
      case Failure failure -> {
        ended = true;
        throw failure.why();
      }
    };
  }

  private void recycle() {
    if (current != null) {
      pump.recycle(current);
      current = null;
      position = 0;
      limit = 0;
    }
  }

  private void start() {
    if (pump == null) {
      // Before the thread: this asks a waiting client for the body, on the handler's thread.
      pump = new BodyPump(source.get(), BodyFaults::ofReading);
      if (hasCome()) {
        pump.readWhole((int) contentLength.getAsLong());
      } else {
        pump.start();
      }
    }
  }

  /** Whether no read of the body would wait. */
  private boolean hasCome() {
    return plain
        && contentLength.isPresent()
        && TimedConnection.hasArrived(contentLength.getAsLong());
  }

  /**
   * Reads on until the end of the body, a silence, or a time that is up, whatever the limits of the
   * body are; for an answer that is out.
   *
   * @return whether the body was read to its end
   */
  boolean drain(long nanos, long silenceNanos) {
    start();
    long end = System.nanoTime() + nanos;
    while (!ended) {
      recycle();
      Piece piece = await(Math.min(Math.max(0, end - System.nanoTime()), silenceNanos));
      switch (piece) {
        case Bytes bytes when System.nanoTime() < end -> current = bytes.buffer();
        case End _ -> ended = true;
        case null, default -> {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Frees the thread and the buffers of a request's body, if it was read at all. A body that was
   * not read to its end takes its connection with it.
   */
  static void release(ServerRequest request) {
    request.context().get(RequestBody.class).ifPresent(RequestBody::close);
  }

  /** Ends reading; see {@link #release}. */
  @Override
  public void close() {
    if (pump != null && !ended) {
      pump.close();
    }
  }
}
