package dev.controlplane.pprof.observe;

import dev.controlplane.pprof.Source;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * How profiles are served.
 *
 * @param access who may read them
 * @param token the secret for {@link Access#TOKEN}
 * @param address {@code host:port} of a socket of its own; without a host it listens on all
 *     addresses of the machine, and port 0 lets the system choose a port. The server's own sockets
 *     then do not serve the paths.
 * @param labels whether profiles contain labels unless a request says otherwise
 * @param source where profiles come from unless a request says otherwise
 * @param jvmThreads whether profiles contain the JVM's own threads
 * @param maxRequests how many profiles may be taken or read by their clients at the same time, 1 to
 *     1,000. A quarter of them, at least one, work at the same time. Three times as many requests
 *     wait; all others are answered 503.
 */
public record PprofSettings(
    Access access,
    Optional<String> token,
    Optional<String> address,
    boolean labels,
    Source source,
    boolean jvmThreads,
    int maxRequests) {
  /** The most that {@link #maxRequests} may be. */
  public static final int MOST_REQUESTS = 1000;

  /**
   * Validates the settings.
   *
   * @throws IllegalArgumentException if {@link Access#TOKEN} comes without a token, the address is
   *     not {@code host:port} with a known host, or {@code maxRequests} is out of range
   */
  public PprofSettings {
    token = token.filter(text -> !text.isBlank());
    address = address.filter(text -> !text.isBlank());
    if (access == Access.TOKEN && token.isEmpty()) {
      throw new IllegalArgumentException(
          "pprof access is \"token\", but there is no token: set pprof.token (PPROF_TOKEN)");
    }
    address.ifPresent(PprofSettings::parse);
    if (maxRequests < 1 || maxRequests > MOST_REQUESTS) {
      throw new IllegalArgumentException(
          "pprof max-requests is %d; expected: 1 to %d".formatted(maxRequests, MOST_REQUESTS));
    }
  }

  /**
   * Loopback only, on the server's sockets, with labels and the JVM's own threads, from the source
   * that suits the JVM, with 16 requests.
   */
  public static PprofSettings defaults() {
    return new PprofSettings(
        Access.LOOPBACK, Optional.empty(), Optional.empty(), true, Source.AUTO, true, 16);
  }

  /** Omits the token, which must not appear in logs. */
  @Override
  public String toString() {
    return "PprofSettings[access=%s, address=%s, labels=%s, source=%s, jvmThreads=%s, maxRequests=%d]"
        .formatted(access, address.orElse("none"), labels, source, jvmThreads, maxRequests);
  }

  Optional<InetSocketAddress> socket() {
    return address.map(PprofSettings::parse);
  }

  private static InetSocketAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      String host = text.substring(0, Math.max(colon, 0));
      if (colon >= 0 && port >= 0 && port <= 65_535 && isOneHost(host)) {
        return host.isEmpty()
            ? new InetSocketAddress(port)
            : new InetSocketAddress(InetAddress.getByName(host), port);
      }
    } catch (NumberFormatException | UnknownHostException e) {
      // Rejected below, like a port out of range.
    }
    throw new IllegalArgumentException(
        "pprof address is \"" + text + "\"; expected: host:port, such as 127.0.0.1:6060");
  }

  private static boolean isOneHost(String host) {
    return !host.contains(":") || (host.startsWith("[") && host.endsWith("]"));
  }
}
