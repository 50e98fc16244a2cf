package dev.controlplane.catalog.failures;

/** The version exists, or existed, with other bytes. */
public final class VersionConflictException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public VersionConflictException(String message) {
    super(message);
  }

  public VersionConflictException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
