package dev.controlplane.upload;

import dev.controlplane.server.ServerProcess;

/** Starts the upload-server. */
public final class Main {
  private Main() {}

  /** Settings come from the environment; {@code --help} lists them. */
  public static void main(String[] args) {
    ServerProcess.run("upload-server", args, UploadServer::configure);
  }
}
