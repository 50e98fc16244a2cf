package dev.controlplane.catalog;

/**
 * The bytes on disk are not those that were uploaded. Uploading the same bytes again heals them.
 */
public final class DamagedBlobException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public DamagedBlobException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public DamagedBlobException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
