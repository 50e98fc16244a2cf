package dev.controlplane.catalog.failures;

/** The version exists, but another one is the worker's latest. */
public final class NotLatestException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public NotLatestException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public NotLatestException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
