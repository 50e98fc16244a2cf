package dev.controlplane.server;

import dev.controlplane.server.settings.StartupException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;

/** The setting {@code BIND_ADDRESS}: the address that every socket of a server listens on. */
final class BindAddress {
  private BindAddress() {}

  /**
   * Returns the address of the setting.
   *
   * @throws StartupException if it is not an address of this machine
   */
  static InetAddress of(String text) {
    // This socket is bound but does not listen, so --check can run beside the server.
    try (Socket probe = new Socket()) {
      InetAddress address = InetAddress.getByName(text);
      probe.bind(new InetSocketAddress(address, 0));
      return address;
    } catch (UnknownHostException e) {
      throw wrong(text, "it is no address, and no host of this name is known", e);
    } catch (IOException e) {
      boolean isForeign = String.valueOf(e.getMessage()).contains("Cannot assign requested");
      throw wrong(text, isForeign ? "this machine has no such address" : e.getMessage(), e);
    }
  }

  private static StartupException wrong(String text, String problem, IOException cause) {
    return new StartupException(
        "BIND_ADDRESS is \"%s\"; expected: an address of this machine without a port, such as 127.0.0.1, or 0.0.0.0 for all of them (%s)"
            .formatted(text, problem),
        cause);
  }
}
