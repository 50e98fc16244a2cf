package dev.controlplane.client;

import java.io.IOException;

/** A call to the control plane failed. The message is one line for people. */
public abstract sealed class ControlPlaneException extends IOException
    permits RefusedException, UnreachableException, DamagedException, UnexpectedAnswerException {
  private static final long serialVersionUID = 1L;

  private final Server server;

  ControlPlaneException(Server server, String message, Throwable cause) {
    super(message, cause);
    this.server = server;
  }

  /** The server that was called. */
  public Server server() {
    return server;
  }
}
