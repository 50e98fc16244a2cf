package dev.controlplane.catalog.failures;

/** The worker or version does not exist. */
public final class UnknownVersionException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public UnknownVersionException(String message) {
    super(message);
  }

  public UnknownVersionException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
