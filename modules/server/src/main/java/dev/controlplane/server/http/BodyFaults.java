package dev.controlplane.server.http;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.RequestException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The error answers to request bodies that can't be accepted. */
final class BodyFaults {
  private BodyFaults() {}

  /**
   * The answer if the connection failed while the body was read, or the body's framing is
   * malformed.
   */
  static ApiException ofReading(Exception e) {
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

  /** The answer if the body is longer than allowed. */
  static ApiException tooLarge(BodyLimits limits) {
    return ApiException.of(
        413,
        "too_large",
        "the body is too large; expected: at most " + limits.maxBytes() + " bytes");
  }
}
