package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;

/** The log has no update of a revision that it had before. */
final class MissingUpdateException extends CatalogException {
  private static final long serialVersionUID = 1L;

  MissingUpdateException(long revision) {
    super("the log has no update " + revision + ", though it had later ones");
  }
}
