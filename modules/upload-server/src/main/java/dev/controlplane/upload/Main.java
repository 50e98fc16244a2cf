package dev.controlplane.upload;

import dev.controlplane.server.ServerProcess;

/** Starts the upload-server. */
public final class Main {
  private Main() {}

  /** Takes no arguments; settings come from the environment. */
  public static void main(String[] args) {
    ServerProcess.run("upload-server", UploadServer::configure);
  }
}
