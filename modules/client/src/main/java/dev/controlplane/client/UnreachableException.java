package dev.controlplane.client;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;

/** No connection, or one that ended before the answer was whole. */
public final class UnreachableException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  private final String address;

  UnreachableException(Server server, String address, String problem, Throwable cause) {
    super(server, "%s at %s: %s".formatted(server, address, problem), cause);
    this.address = address;
  }

  UnreachableException(Server server, String address, Throwable cause) {
    this(server, address, problem(cause), cause);
  }

  /** The base URL or address that was tried. */
  public String address() {
    return address;
  }

  /** What went wrong on the network, in a few words. */
  static String problem(Throwable failure) {
    String last = null;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      switch (t) {
        case UnknownHostException _, UnresolvedAddressException _ -> {
          return "unknown host";
        }
        case HttpConnectTimeoutException _ -> {
          return "no connection within the time limit";
        }
        case ConnectException e
            when e.getMessage() == null || e.getMessage().contains("Connection refused") -> {
          return "connection refused";
        }
        default -> {
          if (t.getMessage() != null && !t.getMessage().isBlank()) {
            last = t.getMessage().lines().findFirst().orElse(last);
          }
        }
      }
    }
    return last == null ? failure.getClass().getSimpleName() : last;
  }
}
