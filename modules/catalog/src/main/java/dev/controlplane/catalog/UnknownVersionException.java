package dev.controlplane.catalog;

/** There is no such worker or version. */
public final class UnknownVersionException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public UnknownVersionException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public UnknownVersionException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
