package dev.controlplane.catalog;

/** The version is taken by other bytes. */
public final class VersionConflictException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public VersionConflictException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public VersionConflictException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
