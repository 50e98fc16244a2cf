package dev.controlplane.server;

/** A server that accepts requests. */
@FunctionalInterface
public interface RunningServer {
  /** The port that a socket listens on. */
  int port(String socket);
}
