package dev.controlplane.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.transport.TimedConnection;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The body of a request, read with time limits that Helidon's sockets don't have.
 *
 * <p>A virtual thread of its own reads the socket into a few buffers that go round; the handler
 * takes them with a time-out. So the handler is never stuck in a read, can answer 408, and works on
 * one buffer while the next one is on its way. Memory is bounded by {@link #BUFFERS} times {@link
 * #BUFFER_SIZE}. A small body that came with its head needs no such thread.
 *
 * <p>Only time that was spent waiting for the client counts against the client.
 */
public final class RequestBody extends InputStream {
  private static final int BUFFERS = 4;
  private static final int BUFFER_SIZE = 128 * 1024;

  /** An answer to a body that is still on its way is lost unless the body is read a bit longer. */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long LINGER_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Something that the reading thread hands over: bytes, the end, or why there are no more. */
  private static final class Piece {
    private static final Piece END = new Piece(null, 0, null);

    private final byte[] buffer;
    private final int length;
    private final RuntimeException failure;

    private Piece(byte[] buffer, int length, RuntimeException failure) {
      this.buffer = buffer;
      this.length = length;
      this.failure = failure;
    }

    /** Bytes at the start of a buffer, which goes back after use. */
    static Piece bytes(byte[] buffer, int length) {
      return new Piece(buffer, length, null);
    }

    static Piece failure(RuntimeException why) {
      return new Piece(null, 0, why);
    }
  }

  private final Supplier<InputStream> source;
  private final BodyLimits limits;
  private final OptionalLong contentLength;

  /** The Content-Length says how much is read. */
  private final boolean plain;

  private final BlockingQueue<Piece> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
  private byte[] current;
  private int position;
  private int limit;
  private long received;
  private long waitedNanos;
  private long lastWaitNanos;
  private boolean started;
  private boolean ended;

  private RequestBody(ServerRequest request, BodyLimits limits, Supplier<InputStream> source) {
    this.source = source;
    this.limits = limits;
    this.contentLength = request.headers().contentLength();
    this.plain =
        !request.headers().contains(HeaderNames.CONTENT_ENCODING)
            && !request.headers().contains(HeaderNames.TRANSFER_ENCODING);
  }

  /**
   * The body of a request. Nothing is read, and a client that waits for {@code 100 Continue} is not
   * asked for it, before the first read.
   *
   * @throws ApiException 413 if Content-Length says that it is longer than the limit
   */
  public static RequestBody of(ServerRequest request, BodyLimits limits) {
    RequestBody body = new RequestBody(request, limits, () -> request.content().inputStream());
    if (body.contentLength.orElse(0) > limits.maxBytes()) {
      throw tooLarge(limits);
    }
    request.context().register(body);
    return body;
  }

  /**
   * The JSON object that is a request's body.
   *
   * @throws ApiException 400, 408 or 413
   */
  public static JsonNode json(ServerRequest request, BodyLimits limits) {
    return Json.object(of(request, limits).readAllBytes());
  }

  /** Holds whoever reads the body of a request, Helidon too, to limits. */
  static void bound(ServerRequest request, BodyLimits limits) {
    request.streamFilter(in -> new RequestBody(request, limits, () -> in));
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
    long silence = 0;
    Piece piece;
    while ((piece = poll(Math.min(limits.idle().toNanos() - silence, waitUntilJudged()))) == null) {
      silence = silenceAfter(silence);
    }
    return accept(piece);
  }

  private Piece poll(long nanos) {
    Piece ready = filled.poll();
    if (ready != null) {
      return ready;
    }
    long before = System.nanoTime();
    try {
      return filled.poll(Math.max(nanos, 1), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw new CloseConnectionException("interrupted while a body was read", e);
    } finally {
      lastWaitNanos = System.nanoTime() - before;
      waitedNanos += lastWaitNanos;
    }
  }

  /** How long to wait at most before the rate is looked at. */
  private long waitUntilJudged() {
    long idle = limits.idle().toNanos();
    return waitedNanos < idle ? idle - waitedNanos : Math.max(idle / 10, 1_000_000);
  }

  private long silenceAfter(long before) {
    long silence = before + lastWaitNanos;
    if (silence >= limits.idle().toNanos()) {
      throw tooSlow("no byte of the body came for " + limits.idle().toMillis() + " ms");
    }
    judgeRate();
    return silence;
  }

  private void judgeRate() {
    if (waitedNanos < limits.idle().toNanos()) {
      return;
    }
    double rate = received / (waitedNanos / 1e9);
    if (rate < limits.minBytesPerSecond()) {
      throw tooSlow("the body came at %.0f bytes a second".formatted(rate));
    }
  }

  private ApiException tooSlow(String what) {
    return ApiException.of(
        408,
        "slow_body",
        "%s; expected: never %d ms of silence, and %d bytes a second at least"
            .formatted(what, limits.idle().toMillis(), limits.minBytesPerSecond()));
  }

  private boolean accept(Piece piece) {
    if (piece.buffer == null) {
      ended = true;
      if (piece.failure != null) {
        throw piece.failure;
      }
      return false;
    }
    current = piece.buffer;
    position = 0;
    limit = piece.length;
    received += piece.length;
    if (received > limits.maxBytes()) {
      throw tooLarge(limits);
    }
    judgeRate();
    return true;
  }

  private void recycle() {
    if (current != null) {
      free.offer(current);
      current = null;
    }
  }

  private void start() {
    if (!started) {
      started = true;
      // Before the thread: this asks a waiting client for the body, on the handler's thread.
      InputStream in = source.get();
      if (hasCome()) {
        readWhole(in);
      } else {
        Goroutines.start("request-body", () -> pump(in));
      }
    }
  }

  /** Whether no read of the body would wait. */
  private boolean hasCome() {
    return plain
        && contentLength.isPresent()
        && TimedConnection.hasArrived(contentLength.getAsLong());
  }

  private void readWhole(InputStream in) {
    try {
      byte[] bytes = in.readNBytes((int) contentLength.getAsLong());
      filled.add(Piece.bytes(bytes, bytes.length));
      if (in.read() >= 0) {
        throw new IllegalStateException("the body is longer than its Content-Length");
      }
      filled.add(Piece.END);
    } catch (IOException | RuntimeException e) {
      filled.add(Piece.failure(asAnswer(e)));
    }
  }

  /** Runs until the body ends or the connection is closed. */
  private void pump(InputStream in) {
    try {
      int size = Math.clamp(contentLength.orElse(BUFFER_SIZE), 1, BUFFER_SIZE);
      int made = 0;
      while (true) {
        byte[] buffer = free.poll();
        if (buffer == null) {
          buffer = made++ < BUFFERS ? new byte[size] : free.take();
        }
        int length = in.read(buffer);
        if (length < 0) {
          filled.put(Piece.END);
          return;
        }
        filled.put(Piece.bytes(buffer, length));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      filled.offer(Piece.failure(asAnswer(e)));
    }
  }

  private static ApiException asAnswer(Exception e) {
    if (e instanceof RequestException malformed) {
      return ApiException.badRequest(
          "malformed_body", malformed.getMessage() + "; expected: framing as in RFC 9112");
    }
    if (e instanceof InsufficientDataAvailableException
        || e instanceof IOException
        || e instanceof UncheckedIOException) {
      return ApiException.badRequest(
          "body_cut_off", "the connection ended before the body; expected: all of it");
    }
    return ApiException.badRequest(
        "malformed_body", "the body's framing is malformed; expected: framing as in RFC 9112");
  }

  private static ApiException tooLarge(BodyLimits limits) {
    return ApiException.of(
        413,
        "too_large",
        "the body is too large; expected: at most " + limits.maxBytes() + " bytes");
  }

  /**
   * Reads on for a while after the answer, so that a client that is still sending gets to see it: a
   * socket closed with unread bytes is reset, and the reset overtakes the answer.
   *
   * @return whether the body was read to its end, so that the connection can go on
   */
  static boolean linger(ServerRequest request) {
    if (request.content().consumed()) {
      return true;
    }
    if (!request.continueSent() && request.headers().containsToken(HeaderValues.EXPECT_100)) {
      return false;
    }
    RequestBody body =
        request
            .context()
            .get(RequestBody.class)
            .orElseGet(
                () ->
                    new RequestBody(
                        request, BodyLimits.none(), () -> request.content().inputStream()));
    return body.drain() && request.content().consumed();
  }

  private boolean drain() {
    start();
    long end = System.nanoTime() + LINGER_NANOS;
    while (!ended) {
      recycle();
      Piece piece = poll(Math.min(end - System.nanoTime(), LINGER_SILENCE_NANOS));
      if (piece == null || piece.failure != null || System.nanoTime() > end) {
        return false;
      }
      current = piece.buffer;
      ended = piece == Piece.END;
    }
    return true;
  }
}
