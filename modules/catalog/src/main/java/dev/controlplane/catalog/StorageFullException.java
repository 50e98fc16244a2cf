package dev.controlplane.catalog;

/** The disk or the quota is full; nothing was kept. */
public final class StorageFullException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public StorageFullException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String forClient() {
    return "the disk or quota of the server is full; make room there and try again";
  }
}
