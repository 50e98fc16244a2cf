package dev.controlplane.transport;

import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
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

  private final int limit;
  private final String encoding;
  private boolean compressed;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixRead;
  private byte[] body;
  private int length;
  private int bodyRead;

  /**
   * @param limit of a message, in bytes, compressed or not
   * @param encoding of compressed messages: what grpc-encoding says, or "identity"
   */
  InboundMessages(int limit, String encoding) {
    this.limit = limit;
    this.encoding = encoding;
  }

  /**
   * Reads the next bytes.
   *
   * @param receiver of each message that is whole; says why the call ends, or null if it goes on
   * @return why the call ends, or null if it goes on
   */
  Status read(BufferData data, Function<byte[], Status> receiver) {
    while (data.available() > 0) {
      if (body == null) {
        prefixRead += data.read(prefix, prefixRead, PREFIX - prefixRead);
        if (prefixRead < PREFIX) {
          return null;
        }
        Status refused = begin();
        if (refused != null) {
          return refused;
        }
      }
      if (bodyRead < length) {
        if (bodyRead == body.length) {
          body = Arrays.copyOf(body, (int) Math.min(length, 2L * body.length));
        }
        bodyRead += data.read(body, bodyRead, body.length - bodyRead);
      }
      if (bodyRead == length) {
        byte[] message = body;
        body = null;
        prefixRead = 0;
        Status refused = compressed ? inflate(message, receiver) : receiver.apply(message);
        if (refused != null) {
          return refused;
        }
      }
    }
    return null;
  }

  /** A message never takes more memory than the limit, whatever it is compressed to. */
  private Status inflate(byte[] message, Function<byte[], Status> receiver) {
    byte[] plain;
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(message))) {
      plain = in.readNBytes(limit);
      if (in.read() >= 0) {
        return Status.RESOURCE_EXHAUSTED.withDescription(
            "the message has more than " + limit + " bytes once it is decompressed");
      }
    } catch (IOException e) {
      return Status.INTERNAL.withDescription("the message is not gzip: " + e.getMessage());
    }
    return receiver.apply(plain);
  }

  private static String printable(String encoding) {
    return encoding.substring(0, Math.min(32, encoding.length()));
  }

  private Status begin() {
    if (!encoding.equals(IDENTITY) && !encoding.equals(GZIP)) {
      return Status.UNIMPLEMENTED.withDescription(
          "grpc-encoding is " + printable(encoding) + "; expected: identity or gzip");
    }
    if (prefix[0] != 0 && (prefix[0] != 1 || encoding.equals(IDENTITY))) {
      return Status.INTERNAL.withDescription(
          "the compressed flag of a message is "
              + prefix[0]
              + " with grpc-encoding "
              + encoding
              + "; expected: 0, or 1 with grpc-encoding: gzip");
    }
    compressed = prefix[0] == 1;
    long announced = Frames.int32(prefix, 1) & 0xffff_ffffL;
    if (announced > limit) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "the message has " + announced + " bytes, the limit is " + limit);
    }
    length = (int) announced;
    bodyRead = 0;
    body = new byte[Math.min(length, FIRST_BUFFER)];
    return null;
  }
}
