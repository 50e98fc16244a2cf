package dev.controlplane.client;

/**
 * An answer did not come from the expected server: another one listens there, or a proxy is in
 * between.
 */
public final class UnexpectedAnswerException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  public UnexpectedAnswerException(Server server, String message, Throwable cause) {
    super(server, message, cause);
  }
}
