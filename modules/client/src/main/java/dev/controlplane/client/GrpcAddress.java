package dev.controlplane.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The address of a gRPC server.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 * @param tls whether the connection is encrypted and the server's certificate is verified
 */
public record GrpcAddress(String host, int port, boolean tls) {
  /** The port of an address that names none. */
  public static final int DEFAULT_PORT = 50_051;

  /**
   * Parses {@code host}, {@code host:port}, {@code [ipv6]:port}, {@code http://host:port}
   * (cleartext, like no scheme) or {@code https://host:port} (TLS).
   *
   * @throws IllegalArgumentException if the text has none of these forms
   */
  public static GrpcAddress parse(String text) {
    String stripped = text.strip();
    try {
      URI uri = new URI(stripped.contains("://") ? stripped : "http://" + stripped);
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      String path = uri.getRawPath();
      int port = uri.getPort() == -1 ? DEFAULT_PORT : uri.getPort();
      if ((scheme.equals("http") || scheme.equals("https"))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && (path.isEmpty() || path.equals("/"))
          && port >= 1
          && port <= 65_535) {
        String host = uri.getHost();
        boolean bracketed = host.startsWith("[");
        return new GrpcAddress(
            bracketed ? host.substring(1, host.length() - 1) : host, port, scheme.equals("https"));
      }
    } catch (URISyntaxException e) {
      throw notAnAddress(text, e);
    }
    throw notAnAddress(text, null);
  }

  private static IllegalArgumentException notAnAddress(String text, Exception cause) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not an address like 127.0.0.1:50051", cause);
  }

  /** {@code host:port}, preceded by {@code https://} for TLS. */
  @Override
  public String toString() {
    String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return (tls ? "https://" : "") + bracketed + ":" + port;
  }
}
