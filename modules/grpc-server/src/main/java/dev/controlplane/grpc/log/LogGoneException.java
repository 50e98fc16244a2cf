package dev.controlplane.grpc.log;

import dev.controlplane.catalog.failures.CatalogException;

/** The catalog now has a different log than the one being followed. */
final class LogGoneException extends CatalogException {
  private static final long serialVersionUID = 1L;

  LogGoneException(String message) {
    super(message);
  }
}
