package dev.controlplane.catalog;

/** The catalog or a blob can't be read or written; the message says which, why, and what to do. */
public class CatalogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public CatalogException(String message) {
    super(message);
  }

  /** With a message for people and what caused it. */
  public CatalogException(String message, Throwable cause) {
    super(message, cause);
  }
}
