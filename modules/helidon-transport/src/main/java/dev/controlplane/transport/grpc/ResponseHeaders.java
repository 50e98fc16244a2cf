package dev.controlplane.transport.grpc;

import dev.controlplane.transport.status.GrpcError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.helidon.grpc.core.GrpcHeadersUtil;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.Http2Headers;
import java.nio.charset.StandardCharsets;

/** Builds the headers and trailers of a gRPC response (gRPC over HTTP/2, "Responses"). */
final class ResponseHeaders {
  private static final Header CONTENT_TYPE =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/grpc");
  private static final HeaderName ENCODING = HeaderNames.create("grpc-encoding");
  private static final Header IDENTITY = HeaderValues.createCached(ENCODING, "identity");
  private static final Header GZIP = HeaderValues.createCached(ENCODING, "gzip");
  private static final Header ACCEPTED =
      HeaderValues.createCached(HeaderNames.create("grpc-accept-encoding"), "identity,gzip");
  private static final HeaderName STATUS = HeaderNames.create("grpc-status");
  private static final HeaderName MESSAGE = HeaderNames.create("grpc-message");

  private ResponseHeaders() {}

  /**
   * The headers that precede the messages.
   *
   * @param gzip whether messages may be compressed
   */
  static Http2Headers headers(Metadata metadata, boolean gzip) {
    WritableHeaders<?> headers = WritableHeaders.create();
    GrpcHeadersUtil.updateHeaders(headers, metadata);
    headers.set(CONTENT_TYPE);
    headers.set(gzip ? GZIP : IDENTITY);
    headers.set(ACCEPTED);
    return Http2Headers.create(headers).status(io.helidon.http.Status.OK_200);
  }

  static Http2Headers trailers(Status status, Metadata metadata) {
    return Http2Headers.create(withStatus(status, metadata));
  }

  /** The only header block of a response that has no messages. */
  static Http2Headers trailersOnly(Status status, Metadata metadata) {
    WritableHeaders<?> headers = withStatus(status, metadata);
    headers.set(CONTENT_TYPE);
    headers.set(ACCEPTED);
    return Http2Headers.create(headers).status(io.helidon.http.Status.OK_200);
  }

  static Http2Headers trailersOnly(GrpcError error) {
    return trailersOnly(error.status(), error.trailers());
  }

  private static WritableHeaders<?> withStatus(Status status, Metadata metadata) {
    WritableHeaders<?> headers = WritableHeaders.create();
    GrpcHeadersUtil.updateHeaders(headers, metadata);
    headers.set(HeaderValues.create(STATUS, status.getCode().value()));
    if (status.getDescription() != null) {
      headers.set(HeaderValues.create(MESSAGE, percentEncoded(status.getDescription())));
    }
    return headers;
  }

  /**
   * Percent-encodes a status message, except visible ASCII, as the protocol requires. Helidon 4.5.0
   * does not encode it.
   */
  static String percentEncoded(String message) {
    StringBuilder encoded = new StringBuilder(message.length());
    for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(String.format("%02X", b));
      }
    }
    return encoded.toString();
  }
}
