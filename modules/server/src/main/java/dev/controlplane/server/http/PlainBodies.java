package dev.controlplane.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.encoding.ContentEncodingContextConfig;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Turns content encoding off: request bodies are not decoded, and answers are not encoded. Helidon
 * would reject every request with a Content-Encoding before a handler sees it; here only handlers
 * that use the body reject it.
 */
public final class PlainBodies implements ContentEncodingContext {
  private static final String IDENTITY = "identity";

  /**
   * Checks that a request body is not encoded. {@code identity} is no encoding (RFC 9110, section
   * 8.4.1).
   *
   * @throws ApiException 415 if it is encoded (section 15.5.16)
   */
  static void require(ServerRequest request) {
    List<String> encodings =
        request.headers().values(HeaderNames.CONTENT_ENCODING).stream()
            .map(String::strip)
            .filter(encoding -> !encoding.isEmpty() && !encoding.equalsIgnoreCase(IDENTITY))
            .toList();
    if (!encodings.isEmpty()) {
      throw ApiException.of(
              415,
              "unsupported_encoding",
              encodings.stream()
                  .collect(
                      Collectors.joining(
                          ", ",
                          "Content-Encoding is \"",
                          "\"; expected: the body as it is, without Content-Encoding")))
          .with("Accept-Encoding", IDENTITY);
    }
  }

  @Override
  public boolean contentDecodingEnabled() {
    return true; // false would make Helidon reject any Content-Encoding
  }

  @Override
  public boolean contentDecodingSupported(String encoding) {
    return true;
  }

  @Override
  public ContentDecoder decoder(String encoding) {
    return ContentDecoder.NO_OP;
  }

  @Override
  public boolean contentEncodingEnabled() {
    return false;
  }

  @Override
  public boolean contentEncodingSupported(String encoding) {
    return false;
  }

  @Override
  public ContentEncoder encoder(String encoding) {
    return ContentEncoder.NO_OP;
  }

  @Override
  public ContentEncoder encoder(Headers headers) {
    return ContentEncoder.NO_OP;
  }

  @Override
  public ContentEncodingContextConfig prototype() {
    return ContentEncodingContextConfig.builder()
        .contentEncodingsDiscoverServices(false)
        .build()
        .prototype();
  }
}
