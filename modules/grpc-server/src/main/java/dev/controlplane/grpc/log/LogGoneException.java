package dev.controlplane.grpc.log;

import dev.controlplane.catalog.CatalogException;

/** The catalog has another log than the one that was followed. */
final class LogGoneException extends CatalogException {
  private static final long serialVersionUID = 1L;

  LogGoneException(String message) {
    super(message);
  }
}
