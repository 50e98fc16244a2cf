package dev.controlplane.system.agents;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** Hands on what two sockets say to each other. */
final class Relay {
  private Relay() {}

  /** Begins; both are closed when one of them has no more to say. */
  static void between(Socket one, Socket other) {
    Thread.ofVirtual().start(() -> copy(one, other));
    Thread.ofVirtual().start(() -> copy(other, one));
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      // The other direction has ended first.
    }
  }
}
