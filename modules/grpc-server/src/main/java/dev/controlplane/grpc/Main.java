package dev.controlplane.grpc;

import dev.controlplane.server.ServerProcess;

/** Starts grpc-server. */
public final class Main {
  private Main() {}

  /**
   * Serves until the process is told to end. Settings come from the environment; {@code --help}
   * lists them.
   */
  public static void main(String[] arguments) {
    ServerProcess.run("grpc-server", arguments, new GrpcServer());
  }
}
