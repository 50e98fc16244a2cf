package dev.controlplane.transport.grpc;

import io.helidon.http.Header;
import io.helidon.http.Headers;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.Http2Headers;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The metadata of a request. Helidon 4.5.0 ({@code GrpcHeadersUtil.toMetadata}) fails at a binary
 * value that is not base64, at a list of binary values, and at a name that HTTP allows and gRPC
 * does not; the call is never answered then.
 */
final class RequestMetadata {
  private static final String BINARY = "-bin";
  private static final Pattern NAME = Pattern.compile("[0-9a-z_.-]+");

  private RequestMetadata() {}

  /** The first field whose name says that it is binary and whose value is not base64. */
  static Optional<String> malformed(Headers headers) {
    for (Header header : headers) {
      if (isBinary(header) && header.allValues().stream().anyMatch(value -> !isBase64(value))) {
        return Optional.of(name(header));
      }
    }
    return Optional.empty();
  }

  /**
   * The same head as Helidon can read it: of a list of binary values the first, and without the
   * fields whose names gRPC does not have (gRPC over HTTP/2, Custom-Metadata).
   */
  static Http2Headers readable(Http2Headers head) {
    if (head.httpHeaders().stream().allMatch(header -> isKnown(header) && !isBinaryList(header))) {
      return head;
    }
    WritableHeaders<?> readable = WritableHeaders.create();
    for (Header header : head.httpHeaders()) {
      if (isBinaryList(header)) {
        readable.set(header.headerName(), header.get().split(",", 2)[0].strip());
      } else if (isKnown(header)) {
        readable.set(header);
      }
    }
    return Http2Headers.create(readable)
        .method(head.method())
        .scheme(head.scheme())
        .authority(head.authority())
        .path(head.path());
  }

  /** Whether gRPC has such a name. */
  private static boolean isKnown(Header header) {
    return NAME.matcher(name(header)).matches();
  }

  private static boolean isBinaryList(Header header) {
    return isKnown(header) && isBinary(header) && header.get().indexOf(',') >= 0;
  }

  private static String name(Header header) {
    return header.headerName().lowerCase();
  }

  private static boolean isBinary(Header header) {
    return name(header).endsWith(BINARY);
  }

  /** With or without padding; a list of values has commas between them. */
  private static boolean isBase64(String list) {
    try {
      for (String value : list.split(",", -1)) {
        Base64.getDecoder().decode(value.strip());
      }
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
