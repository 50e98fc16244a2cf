package dev.controlplane.transport;

import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Reads a client's messages, and refuses one that is too large or compressed as soon as it begins.
 *
 * <p>Helidon 4.5.0 ({@code GrpcProtocolHandler.data}) throws on such a message, logs the exception
 * and tells the client nothing: it hangs until its deadline. Nor does Helidon know {@code int} from
 * {@code uint32}: a length of 2³¹ or more is negative there.
 */
final class InboundMessages {
  private static final int PREFIX = 5;

  /**
   * A client that announces much and sends little gets no more memory than it has sent, twice over.
   */
  private static final int FIRST_BUFFER = 16 << 10;

  private final int limit;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixRead;
  private byte[] body;
  private int length;
  private int bodyRead;

  /**
   * @param limit of a message, in bytes
   */
  InboundMessages(int limit) {
    this.limit = limit;
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
        Status refused = receiver.apply(message);
        if (refused != null) {
          return refused;
        }
      }
    }
    return null;
  }

  private Status begin() {
    if (prefix[0] != 0) {
      return Status.UNIMPLEMENTED.withDescription(
          "the message is compressed; send it uncompressed (grpc-encoding: identity)");
    }
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
