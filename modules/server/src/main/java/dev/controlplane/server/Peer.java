package dev.controlplane.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * The client whose HTTP request the current thread handles. {@link EventLog} adds its address to
 * each line that is written meanwhile.
 */
public final class Peer {
  private static final ScopedValue<SocketAddress> CURRENT = ScopedValue.newInstance();

  private Peer() {}

  /** Handles a request of this client. */
  public static void handle(SocketAddress client, Runnable request) {
    ScopedValue.where(CURRENT, client).run(request);
  }

  /** The client's address; null if the thread handles no request. */
  static SocketAddress current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  /** An address as log lines have it: {@code 127.0.0.1:51234}, {@code [::1]:51234}. */
  public static String text(SocketAddress client) {
    if (!(client instanceof InetSocketAddress internet) || internet.isUnresolved()) {
      return String.valueOf(client);
    }
    String host = internet.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + internet.getPort();
  }
}
