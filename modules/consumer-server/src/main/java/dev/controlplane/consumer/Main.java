package dev.controlplane.consumer;

import dev.controlplane.server.ServerProcess;

/** Starts the consumer-server. */
public final class Main {
  private Main() {}

  /** Settings come from the environment; {@code --help} lists them. */
  public static void main(String[] args) {
    ServerProcess.run("consumer-server", args, ConsumerServer::configure);
  }
}
