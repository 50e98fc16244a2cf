package dev.controlplane.transport.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/**
 * Reads the messages of one call from its DATA frames, plain or gzip-compressed, and rejects a
 * message over the limit as soon as its length is known.
 *
 * <p>Helidon 4.5.0 ({@code GrpcProtocolHandler.data}) throws on such a message, logs the exception
 * and leaves the client without an answer until its deadline. It also reads the unsigned length as
 * {@code int}: a length of 2³¹ or more becomes negative.
 *
 * <p>Thread-safety: one thread reads; {@link #end} may be called by any thread.
 */
final class InboundMessages {
  private static final int PREFIX = 5;
  private static final String IDENTITY = "identity";
  private static final String GZIP = "gzip";

  /**
   * The first size of a message's buffer. The buffer doubles as bytes arrive, so a client that
   * announces much and sends little gets at most this, or twice what it sent.
   */
  private static final int FIRST_BUFFER = 16 << 10;

  /** When the client may retry after there was no room for its message. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final int limit;
  private final String encoding;
  private boolean compressed;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixRead;
  private byte[] body;
  private int length;
  private int bodyRead;

  /** Whether the memory of a complete message stays reserved until {@link #end}. */
  private boolean keepsWhole;

  private final InboundBytes.OfConnection memory;

  /** Bytes that this call has reserved in {@link #memory}. */
  @GuardedBy("this")
  private long taken;

  /** Set when the call is over; nothing is reserved after that. */
  @GuardedBy("this")
  private boolean over;

  /**
   * @param limit the largest message in bytes, compressed and decompressed
   * @param encoding of compressed messages: the value of {@code grpc-encoding}, or "identity"
   * @param memory shared by all calls of the connection
   */
  InboundMessages(int limit, String encoding, InboundBytes.OfConnection memory) {
    this.limit = limit;
    this.memory = memory;
    this.encoding = encoding;
  }

  /**
   * For calls whose client sends one message: its memory stays reserved until the client has ended
   * the request.
   */
  void keepWhole() {
    keepsWhole = true;
  }

  /** Whether the client has sent only a part of a message. */
  boolean isWithinMessage() {
    return body != null || prefixRead > 0;
  }

  private synchronized GrpcError take(long bytes) {
    if (over) {
      return null;
    }
    String noRoom = memory.take(bytes);
    if (noRoom != null) {
      return GrpcError.of(Status.RESOURCE_EXHAUSTED.withDescription(noRoom), "NO_ROOM_FOR_MESSAGE")
          .retryAfter(RETRY);
    }
    taken += bytes;
    return null;
  }

  /** Releases the memory of a message that was delivered to the service. */
  private synchronized void release() {
    memory.give(taken);
    taken = 0;
  }

  /**
   * Releases all memory, now and for good: the call is over or the request is complete. May be
   * called by any thread, repeatedly.
   */
  synchronized void end() {
    over = true;
    memory.give(taken);
    taken = 0;
  }

  /**
   * Reads the next bytes of the request.
   *
   * @param receiver receives each complete message; returns the error that must end the call, or
   *     null
   * @return the error that must end the call, or null if the call continues
   */
  GrpcError read(BufferData data, Function<byte[], GrpcError> receiver) {
    while (data.available() > 0) {
      if (body == null) {
        prefixRead += data.read(prefix, prefixRead, PREFIX - prefixRead);
        if (prefixRead < PREFIX) {
          return null;
        }
        GrpcError refused = begin();
        if (refused != null) {
          return refused;
        }
      }
      if (bodyRead < length) {
        if (bodyRead == body.length) {
          int larger = (int) Math.min(length, 2L * body.length);
          GrpcError refused = take(larger - body.length);
          if (refused != null) {
            return refused;
          }
          body = Arrays.copyOf(body, larger);
        }
        bodyRead += data.read(body, bodyRead, body.length - bodyRead);
      }
      if (bodyRead == length) {
        byte[] message = body;
        body = null;
        prefixRead = 0;
        GrpcError refused = compressed ? inflate(message, receiver) : receiver.apply(message);
        if (!keepsWhole) {
          release();
        }
        if (refused != null) {
          return refused;
        }
      }
    }
    return null;
  }

  /**
   * Decompresses at most {@code limit} bytes, so a small compressed message cannot exhaust the
   * memory.
   */
  private GrpcError inflate(byte[] message, Function<byte[], GrpcError> receiver) {
    byte[] plain;
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(message))) {
      plain = in.readNBytes(limit);
      if (in.read() >= 0) {
        return tooLarge("the message has more than " + limit + " bytes once it is decompressed");
      }
    } catch (IOException e) {
      String why = e instanceof EOFException ? "it ends too early" : e.getMessage();
      return malformed("the message is not gzip: " + why);
    }
    GrpcError refused = take(plain.length);
    return refused == null ? receiver.apply(plain) : refused;
  }

  private static String printable(String encoding) {
    return encoding.substring(0, Math.min(32, encoding.length()));
  }

  private static GrpcError tooLarge(String description) {
    return GrpcError.of(
        Status.RESOURCE_EXHAUSTED.withDescription(description), "MESSAGE_TOO_LARGE");
  }

  /** The error for bytes that are not valid gRPC framing. */
  static GrpcError malformed(String description) {
    return GrpcError.of(Status.INTERNAL.withDescription(description), "MALFORMED_MESSAGE");
  }

  private GrpcError begin() {
    if (!encoding.equals(IDENTITY) && !encoding.equals(GZIP)) {
      return GrpcError.of(
          Status.UNIMPLEMENTED.withDescription(
              "grpc-encoding is " + printable(encoding) + "; expected: identity or gzip"),
          "UNKNOWN_ENCODING");
    }
    if (prefix[0] != 0 && (prefix[0] != 1 || encoding.equals(IDENTITY))) {
      return malformed(
          "the compressed flag of a message is "
              + prefix[0]
              + " with grpc-encoding "
              + encoding
              + "; expected: 0, or 1 with grpc-encoding: gzip");
    }
    compressed = prefix[0] == 1;
    long announced = Frames.int32(prefix, 1) & 0xffff_ffffL;
    if (announced > limit) {
      return tooLarge("the message has " + announced + " bytes, the limit is " + limit);
    }
    length = (int) announced;
    bodyRead = 0;
    int first = Math.min(length, FIRST_BUFFER);
    GrpcError refused = take(first);
    if (refused == null) {
      body = new byte[first];
    }
    return refused;
  }
}
