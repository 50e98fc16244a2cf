package dev.controlplane.catalog.failures;

/**
 * The catalog or a blob can't be read or written. The message is for the operator: it says which
 * file, why, and what to do.
 */
public class CatalogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CatalogException(String message) {
    super(message);
  }

  public CatalogException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The text to send to a client. Unlike the message, it names no files of the server. */
  public String forClient() {
    return "the server's storage can't be used now; try again, and see /observe/health for why";
  }
}
