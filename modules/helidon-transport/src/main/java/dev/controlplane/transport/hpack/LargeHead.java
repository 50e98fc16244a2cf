package dev.controlplane.transport.hpack;

import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.util.Map;

/** The answer to a request whose header list is too large. */
public final class LargeHead {
  /**
   * SETTINGS_MAX_HEADER_LIST_SIZE: the largest header list in bytes, as RFC 9113, section 6.5.2,
   * counts them.
   */
  public static final int MOST = 16 << 10;

  private LargeHead() {}

  /** Whether a head exceeds the limit, as a list or in its re-encoded form, which Helidon reads. */
  public static boolean is(HeaderDecoder.Block head) {
    return head.size() > MOST || head.block().length > MOST;
  }

  /** The answer to a gRPC call: RESOURCE_EXHAUSTED. */
  public static DirectAnswer toCall(int streamId, HeaderDecoder.Block head) {
    String message =
        "the metadata has " + head.size() + " bytes, the limit is " + MOST + "; send less";
    return DirectAnswer.grpc(
        streamId,
        GrpcError.of(Status.RESOURCE_EXHAUSTED.withDescription(message), "METADATA_TOO_LARGE"));
  }

  /** The answer to an HTTP request: 431. */
  public static DirectAnswer toRequest(int streamId, HeaderDecoder.Block head) {
    return DirectAnswer.http(
        streamId,
        head,
        431,
        Map.of(),
        "head_too_large",
        "the head of the request has %d bytes; expected: at most %d".formatted(head.size(), MOST));
  }
}
