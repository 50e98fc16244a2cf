package dev.controlplane.server;

/** A server can't start; the message tells its operator why and what to do, in one line. */
public final class StartupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message for the operator. */
  public StartupException(String message) {
    super(message);
  }

  /** With a message for the operator and what caused it. */
  public StartupException(String message, Throwable cause) {
    super(message, cause);
  }
}
