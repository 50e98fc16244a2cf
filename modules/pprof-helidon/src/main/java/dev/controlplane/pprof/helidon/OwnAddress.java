package dev.controlplane.pprof.helidon;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** The address of a socket that only serves profiles. */
final class OwnAddress {
  private OwnAddress() {}

  /**
   * Reads {@code host:port}. Without a host it is every address of the machine.
   *
   * @throws IllegalArgumentException if it is none, or the host is unknown
   */
  static InetSocketAddress parse(String text) {
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
        "pprof address is \""
            + text
            + "\"; expected: host:port, such as 127.0.0.1:6060 (PPROF_ADDRESS)");
  }

  private static boolean isOneHost(String host) {
    return !host.contains(":") || (host.startsWith("[") && host.endsWith("]"));
  }

  /** Fails early with a clear message; Helidon would log a stack trace and continue. */
  static void requireFree(InetSocketAddress address) {
    if (address.getPort() == 0) {
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException e) {
      throw new IllegalStateException(
          "pprof can't listen on %s:%d: %s; free it or set pprof.address (PPROF_ADDRESS) to another"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }
}
