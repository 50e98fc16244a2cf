package dev.controlplane.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Keeps the client whose HTTP request the current thread handles, so that {@link EventLog} can add
 * its address to each line that is logged meanwhile.
 */
public final class Peer {
  private static final ScopedValue<SocketAddress> CURRENT = ScopedValue.newInstance();

  private Peer() {}

  /** Runs a request of this client. */
  public static void handle(SocketAddress client, Runnable request) {
    ScopedValue.where(CURRENT, client).run(request);
  }

  /** The address of the client; null if the thread handles no request. */
  static SocketAddress current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  /** Formats an address for log lines: {@code 127.0.0.1:51234}, {@code [::1]:51234}. */
  public static String text(SocketAddress client) {
    if (!(client instanceof InetSocketAddress internet) || internet.isUnresolved()) {
      return String.valueOf(client);
    }
    String host = internet.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + internet.getPort();
  }
}
