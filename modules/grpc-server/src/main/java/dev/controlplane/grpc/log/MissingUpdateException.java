package dev.controlplane.grpc.log;

import dev.controlplane.catalog.failures.CatalogException;

/** The log lacks an update although it has, or had, later ones. */
public final class MissingUpdateException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public MissingUpdateException(long revision) {
    super("the log has no update " + revision + ", though it had later ones");
  }
}
