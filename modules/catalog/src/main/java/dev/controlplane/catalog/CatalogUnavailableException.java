package dev.controlplane.catalog;

/**
 * There is no catalog that can be read now: it is absent, unreadable, only half restored, or made
 * by a newer release. It says nothing about what the catalog holds. The message names the file, the
 * reason and what to do; it contains a path of the server, so it is for the server's log and health
 * check and not for clients.
 */
public final class CatalogUnavailableException extends CatalogException {
  private static final long serialVersionUID = 1L;

  /** With a message for operators. */
  public CatalogUnavailableException(String message) {
    super(message);
  }

  /** With a message for operators and what caused it. */
  public CatalogUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
