package dev.controlplane.catalog.failures;

/**
 * The bytes on disk differ from those that were uploaded, or can't be read. Uploading the same
 * bytes again repairs the blob.
 */
public final class DamagedBlobException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public DamagedBlobException(String message) {
    super(message);
  }

  public DamagedBlobException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
