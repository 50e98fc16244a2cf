package dev.controlplane.pprof.http.ui;

import java.util.Map;

/**
 * An answer of the page's part of the server, as the HTTP server sends it.
 *
 * @since 0.1.0
 */
public final class UiAnswer {
  private final int status;
  private final String contentType;
  private final Map<String, String> headers;
  private final byte[] body;

  UiAnswer(int status, String contentType, Map<String, String> headers, byte[] body) {
    this.status = status;
    this.contentType = contentType;
    this.headers = headers;
    this.body = body;
  }

  /** 200, 304, 307 or 404. */
  public int status() {
    return status;
  }

  /** The type of the body. */
  public String contentType() {
    return contentType;
  }

  /** The headers besides the type. */
  public Map<String, String> headers() {
    return headers;
  }

  /** The body, which must not be changed. */
  public byte[] body() {
    return body;
  }
}
