package dev.controlplane.streams;

import io.grpc.Status;
import io.helidon.common.buffers.BufferData;

/**
 * Reads the length before each message of a client, to refuse one that is too large or compressed
 * as soon as it begins.
 *
 * <p>Helidon 4.5.0 ({@code GrpcProtocolHandler.data}) throws on such a message, logs the exception
 * and tells the client nothing: it hangs until its deadline. Nor does Helidon know {@code int} from
 * {@code uint32}: a length of 2³¹ or more is negative there.
 */
final class InboundMessages {
  private static final int PREFIX = 5;

  private final int limit;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixRead;
  private long bodyLeft;

  /**
   * @param limit of a message, in bytes
   */
  InboundMessages(int limit) {
    this.limit = limit;
  }

  /**
   * Looks at the next bytes, without taking them.
   *
   * @return why the call ends, or null if it goes on
   */
  Status refuse(BufferData data) {
    int available = data.available();
    int at = 0;
    while (at < available) {
      if (bodyLeft > 0) {
        int body = (int) Math.min(bodyLeft, available - at);
        bodyLeft -= body;
        at += body;
        continue;
      }
      prefix[prefixRead++] = (byte) data.get(at++);
      if (prefixRead == PREFIX) {
        prefixRead = 0;
        bodyLeft = Frames.int32(prefix, 1) & 0xffff_ffffL;
        if (prefix[0] != 0) {
          return Status.UNIMPLEMENTED.withDescription(
              "the message is compressed; send it uncompressed (grpc-encoding: identity)");
        }
        if (bodyLeft > limit) {
          return Status.RESOURCE_EXHAUSTED.withDescription(
              "the message has " + bodyLeft + " bytes, the limit is " + limit);
        }
      }
    }
    return null;
  }
}
