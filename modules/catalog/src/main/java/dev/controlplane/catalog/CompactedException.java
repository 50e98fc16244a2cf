package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;

/** The requested part of the log was removed by compaction. */
public final class CompactedException extends CatalogException {
  private static final long serialVersionUID = 1L;

  private final transient LogState log;

  /**
   * Creates the exception for a read that began before the remaining log.
   *
   * @param asked the requested revision
   * @param log the log's state in the same read
   */
  public CompactedException(long asked, LogState log) {
    super(
        "the log is compacted up to revision %d, so the updates after revision %d are incomplete; those after revision %d are complete"
            .formatted(log.compacted(), asked, log.compacted()));
    this.log = log;
  }

  /** The log's state in the same read, which tells a reader where it can start again. */
  public LogState log() {
    return log;
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
