package dev.controlplane.catalog.failures;

/**
 * There is no readable catalog now: it is absent, unreadable, partly restored, or made by a newer
 * release. Nothing can be concluded about its content. The message names the file, the reason and
 * what to do. It contains a path of the server, so it is for the server's log and health check, not
 * for clients.
 */
public final class CatalogUnavailableException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public CatalogUnavailableException(String message) {
    super(message);
  }

  public CatalogUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
