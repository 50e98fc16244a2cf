package dev.controlplane.transport.hpack;

import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The answer to a request whose header list is too large. It is encoded with literals only, without
 * the dynamic table, so it can be sent without Helidon.
 */
public final class LargeHead {
  /**
   * SETTINGS_MAX_HEADER_LIST_SIZE: the largest header list in bytes, as RFC 9113, section 6.5.2,
   * counts them.
   */
  public static final int MOST = 16 << 10;

  private static final int STATUS_200 = 0x88;
  private static final int NAME_OF_STATUS = 0x08;

  private LargeHead() {}

  /** Whether a head exceeds the limit, as a list or in its re-encoded form, which Helidon reads. */
  public static boolean is(HeaderDecoder.Block head) {
    return head.size() > MOST || head.block().length > MOST;
  }

  /** The complete answer to a gRPC call: RESOURCE_EXHAUSTED. */
  public static byte[] grpcAnswer(int streamId, long size) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(STATUS_200);
    String message = "the metadata has " + size + " bytes, the limit is " + MOST + "; send less";
    GrpcError error =
        GrpcError.of(Status.RESOURCE_EXHAUSTED.withDescription(message), "METADATA_TOO_LARGE");
    field(block, "content-type", "application/grpc");
    field(block, "grpc-status", "8");
    field(block, "grpc-message", message);
    field(
        block,
        GrpcError.DETAILS.name(),
        Base64.getEncoder().withoutPadding().encodeToString(error.details()));
    return HeaderBlocks.frames(streamId, true, block.toByteArray());
  }

  /**
   * The head of the answer to an HTTP request: 431.
   *
   * @param body that follows it; may be empty
   */
  public static byte[] httpAnswer(int streamId, byte[] body) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(NAME_OF_STATUS);
    string(block, "431");
    field(block, "content-type", "application/json");
    if (body.length > 0) {
      field(block, "content-length", Integer.toString(body.length));
    }
    return HeaderBlocks.frames(streamId, body.length == 0, block.toByteArray());
  }

  /** The body of the answer to an HTTP request; empty for HEAD. */
  public static byte[] httpBody(HeaderDecoder.Block head) {
    String text =
        "HEAD".equals(head.value(":method"))
            ? ""
            : "{\"error\":\"head_too_large\",\"message\":\"the head of the request has "
                + head.size()
                + " bytes; expected: at most "
                + MOST
                + "\"}";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes a field without indexing and without Huffman coding. */
  private static void field(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    string(block, name);
    string(block, value);
  }

  private static void string(ByteArrayOutputStream block, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    HeaderDecoder.writeInteger(bytes.length, 7, 0, block);
    block.writeBytes(bytes);
  }
}
