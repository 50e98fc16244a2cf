package dev.controlplane.server.http;

import java.util.Map;

/** An error answer. The message says what was wrong and what was expected. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final transient Map<String, String> headers;

  private ApiException(int status, String code, String message, Map<String, String> headers) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /**
   * Creates an error answer.
   *
   * @param status HTTP status, 400 to 599
   * @param code the {@code error} field of the JSON body: a stable word in snake case
   * @param message the {@code message} field of the JSON body, for people
   */
  public static ApiException of(int status, String code, String message) {
    return new ApiException(status, code, message, Map.of());
  }

  /** 400: the request is malformed. */
  public static ApiException badRequest(String code, String message) {
    return of(400, code, message);
  }

  /** 404: the thing does not exist. */
  public static ApiException notFound(String message) {
    return of(404, "not_found", message);
  }

  /** The same with a response header. */
  public ApiException with(String header, String value) {
    return new ApiException(status, code, getMessage(), Map.of(header, value));
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  String code() {
    return code;
  }

  Map<String, String> headers() {
    return headers;
  }
}
