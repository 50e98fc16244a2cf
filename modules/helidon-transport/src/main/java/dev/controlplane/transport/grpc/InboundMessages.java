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
 * Reads a client's messages, compressed with gzip or not, and refuses one that is too large as soon
 * as it begins.
 *
 * <p>Helidon 4.5.0 ({@code GrpcProtocolHandler.data}) throws on such a message, logs the exception
 * and tells the client nothing: it hangs until its deadline. Nor does Helidon know {@code int} from
 * {@code uint32}: a length of 2³¹ or more is negative there.
 */
final class InboundMessages {
  private static final int PREFIX = 5;
  private static final String IDENTITY = "identity";
  private static final String GZIP = "gzip";

  /**
   * A client that announces much and sends little gets no more memory than it has sent, twice over.
   */
  private static final int FIRST_BUFFER = 16 << 10;

  /** When there may be room for a message again. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final int limit;
  private final String encoding;
  private boolean compressed;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixRead;
  private byte[] body;
  private int length;
  private int bodyRead;

  /** Whether the memory of a whole message is held until the {@link #end}. */
  private boolean keepsWhole;

  private final InboundBytes.OfConnection memory;

  /** What this call has taken of {@link #memory}. */
  @GuardedBy("this")
  private long taken;

  /** The call is over: it takes nothing more. */
  @GuardedBy("this")
  private boolean over;

  /**
   * @param limit of a message, in bytes, compressed or not
   * @param encoding of compressed messages: what grpc-encoding says, or "identity"
   * @param memory that the connection's calls share
   */
  InboundMessages(int limit, String encoding, InboundBytes.OfConnection memory) {
    this.limit = limit;
    this.memory = memory;
    this.encoding = encoding;
  }

  /** The client sends one message, which is held until it has ended the call. */
  void keepWhole() {
    keepsWhole = true;
  }

  /** Whether the client has sent a part of a message, and not all of it. */
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

  /** What was read is whole, and with the service. */
  private synchronized void release() {
    memory.give(taken);
    taken = 0;
  }

  /** The call is over, or all of it has come: it takes nothing more. On any thread. */
  synchronized void end() {
    over = true;
    memory.give(taken);
    taken = 0;
  }

  /**
   * Reads the next bytes.
   *
   * @param receiver of each message that is whole; says why the call ends, or null if it goes on
   * @return why the call ends, or null if it goes on
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

  /** A message never takes more memory than the limit, whatever it is compressed to. */
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

  /** What the client sends is not what gRPC's framing asks for. */
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
