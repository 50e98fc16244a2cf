package dev.controlplane.consumer;

import dev.controlplane.server.ServerProcess;

/** Starts the consumer-server. */
public final class Main {
  private Main() {}

  /** Takes no arguments; settings come from the environment. */
  public static void main(String[] args) {
    ServerProcess.run("consumer-server", ConsumerServer::configure);
  }
}
