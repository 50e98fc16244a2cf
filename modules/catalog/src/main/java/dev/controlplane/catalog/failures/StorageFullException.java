package dev.controlplane.catalog.failures;

/** The disk or the quota is full. Nothing was stored. */
public final class StorageFullException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public StorageFullException(String message) {
    super(message);
  }

  public StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return "the disk or quota of the server is full; make room there and try again";
  }
}
