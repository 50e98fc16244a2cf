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

  /**
   * What a client may be told. The message may name files of the server; it is for the server's log
   * and its operator.
   */
  public String forClient() {
    return "the server's storage can't be used now; try again, and see /observe/health for why";
  }
}
