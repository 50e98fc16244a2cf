package dev.controlplane.transport.hpack;

import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.status.GrpcError;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * A refusal that is sent without Helidon, as soon as the head of a request has arrived. Its head is
 * encoded with literals only, without the dynamic table. The text is ASCII, and in JSON it needs no
 * escapes.
 *
 * @param head the frames of the head
 * @param body what follows the head; empty if the head ends the answer
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record DirectAnswer(byte[] head, byte[] body) {
  private static final int STATUS_200 = 0x88;
  private static final int NAME_OF_STATUS = 0x08;

  /** Ends a gRPC call with an error. */
  public static DirectAnswer grpc(int streamId, GrpcError error) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(STATUS_200);
    field(block, "content-type", "application/grpc");
    field(block, "grpc-status", Integer.toString(error.status().getCode().value()));
    field(block, "grpc-message", error.status().getDescription());
    field(
        block,
        GrpcError.DETAILS.name(),
        Base64.getEncoder().withoutPadding().encodeToString(error.details()));
    return new DirectAnswer(HeaderBlocks.frames(streamId, true, block.toByteArray()), new byte[0]);
  }

  /**
   * Answers an HTTP request with an error as JSON; a HEAD request without a body.
   *
   * @param fields further fields of the head
   */
  public static DirectAnswer http(
      int streamId,
      HeaderDecoder.Block request,
      int status,
      Map<String, String> fields,
      String code,
      String message) {
    byte[] body =
        "HEAD".equals(request.value(":method"))
            ? new byte[0]
            : "{\"error\":\"%s\",\"message\":\"%s\"}"
                .formatted(code, message)
                .getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(NAME_OF_STATUS);
    string(block, Integer.toString(status));
    field(block, "content-type", "application/json");
    fields.forEach((name, value) -> field(block, name, value));
    if (body.length > 0) {
      field(block, "content-length", Integer.toString(body.length));
    }
    return new DirectAnswer(
        HeaderBlocks.frames(streamId, body.length == 0, block.toByteArray()), body);
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
