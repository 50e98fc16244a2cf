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
 * A request body with time limits, which Helidon's sockets lack. Not thread-safe.
 *
 * <p>A {@link BodyPump} reads the socket, and the handler takes its buffers with a timeout. The
 * handler is therefore never stuck in a read, can answer 408, and processes one buffer while the
 * next arrives. A small body that arrived with its head needs no thread. {@link BodyPace} checks
 * the client's speed.
 *
 * <p>{@link #release} must be called on every way out of the request. It releases the thread and
 * the buffers of a body that is not needed any more.
 */
public final class RequestBody extends InputStream {
  private final Supplier<InputStream> source;
  private final BodyLimits limits;
  private final OptionalLong contentLength;

  /** The length of the body is given by Content-Length, not by chunks. */
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
   * Returns the body of a request. Nothing is read before the first read; only then does a client
   * that waits for {@code 100 Continue} get it.
   *
   * @throws ApiException 413 if Content-Length exceeds the limit, 415 if Content-Encoding is not
   *     {@code identity}
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
   * Reads a request body as a JSON object.
   *
   * @throws ApiException 400, 408, 413 or 415
   */
  public static JsonNode json(ServerRequest request, BodyLimits limits) {
    return Json.object(of(request, limits).readAllBytes());
  }

  /** Applies limits to the body of a request for any reader, including Helidon. */
  static void bound(ServerRequest request, BodyLimits limits) {
    request.streamFilter(
        in -> {
          if (request.context().get(RequestBody.class).isPresent()) {
            // The caller that reads after the answer has limits of its own.
            return in;
          }
          RequestBody body = new RequestBody(request, limits, () -> in);
          request.context().register(body);
          return body;
        });
  }

  /** Returns the body of an answered request, whoever began to read it. */
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

  /** The Content-Length, if there is one. */
  public OptionalLong contentLength() {
    return contentLength;
  }

  /** The number of bytes received so far. */
  public long received() {
    return received;
  }

  @Override
  public int read() {
    return fill() ? current[position++] & 0xff : -1;
  }

  /**
   * Reads what has arrived, or waits within the limits.
   *
   * @throws ApiException 408 if the client is too slow, 413 if the body exceeds the limit, 400 if
   *     it is incomplete or its framing is malformed
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

  /** Receives the bytes of a body without copying. */
  @FunctionalInterface
  public interface Sink {
    /** Receives bytes, which are valid only during the call. */
    void write(byte[] bytes, int offset, int length);
  }

  /** Passes the rest of the body to a sink. Errors as for {@link #read(byte[], int, int)}. */
  public void copyTo(Sink sink) {
    while (fill()) {
      int from = position;
      position = limit;
      sink.write(current, from, limit - from);
    }
  }

  /** Ensures that a byte is available at {@code position}; returns false at the end. */
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
      // Here, on the handler's thread, because it sends 100 Continue to a waiting client.
      pump = new BodyPump(source.get(), BodyFaults::ofReading);
      if (hasCome()) {
        pump.readWhole((int) contentLength.getAsLong());
      } else {
        pump.start();
      }
    }
  }

  /** Whether the whole body has arrived, so that reading it does not wait. */
  private boolean hasCome() {
    return plain
        && contentLength.isPresent()
        && TimedConnection.hasArrived(contentLength.getAsLong());
  }

  /**
   * Reads until the end of the body, a period of silence, or the end of the time, regardless of the
   * body's limits. For use after the answer was sent. Returns whether the body ended.
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
   * Releases the thread and the buffers of a request's body, if it was read. The connection can't
   * be reused unless the body was read to its end.
   */
  static void release(ServerRequest request) {
    request.context().get(RequestBody.class).ifPresent(RequestBody::close);
  }

  /** Stops reading; see {@link #release}. */
  @Override
  public void close() {
    if (pump != null && !ended) {
      pump.close();
    }
  }
}
