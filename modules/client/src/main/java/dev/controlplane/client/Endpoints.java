package dev.controlplane.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The addresses of the servers.
 *
 * @param upload base URL of the upload-server; a path in it is kept as a prefix
 * @param consumer base URL of the consumer-server
 * @param grpc address of the grpc-server's gRPC port
 * @param grpcHttp base URL of the grpc-server's HTTP port
 */
public record Endpoints(URI upload, URI consumer, GrpcAddress grpc, URI grpcHttp) {
  /** The base URL of an upload-server on this machine. */
  public static final String DEFAULT_UPLOAD = "http://127.0.0.1:8080";

  /** The base URL of a consumer-server on this machine. */
  public static final String DEFAULT_CONSUMER = "http://127.0.0.1:8081";

  /** The gRPC address of a grpc-server on this machine. */
  public static final String DEFAULT_GRPC = "127.0.0.1:50051";

  /** The base URL of the HTTP port of a grpc-server on this machine. */
  public static final String DEFAULT_GRPC_HTTP = "http://127.0.0.1:8082";

  /** The servers on this machine, on their default ports. */
  public static Endpoints local() {
    return new Endpoints(
        httpUrl(DEFAULT_UPLOAD),
        httpUrl(DEFAULT_CONSUMER),
        GrpcAddress.parse(DEFAULT_GRPC),
        httpUrl(DEFAULT_GRPC_HTTP));
  }

  /**
   * Parses a base URL such as {@code http://10.0.0.7:8080}; removes trailing slashes.
   *
   * @throws IllegalArgumentException if it is not {@code http://} or {@code https://} with a host,
   *     or has a query, a fragment or user information
   */
  public static URI httpUrl(String text) {
    String trimmed = text.strip();
    while (trimmed.endsWith("/")) {
      trimmed = trimmed.substring(0, trimmed.length() - 1);
    }
    URI uri;
    try {
      uri = new URI(trimmed);
    } catch (URISyntaxException e) {
      throw notAUrl(text, e);
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean http = scheme.equals("http") || scheme.equals("https");
    if (!http
        || uri.getHost() == null
        || uri.getRawUserInfo() != null
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null
        || uri.getPort() > 65_535
        || uri.getPort() == 0) {
      throw notAUrl(text, null);
    }
    return uri;
  }

  private static IllegalArgumentException notAUrl(String text, Exception cause) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not a base URL like http://127.0.0.1:8080", cause);
  }
}
