package dev.controlplane.client;

/**
 * An answer that is not the control plane's: another server listens there, or a proxy is between.
 */
public final class UnexpectedAnswerException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  public UnexpectedAnswerException(Server server, String message, Throwable cause) {
    super(server, message, cause);
  }
}
