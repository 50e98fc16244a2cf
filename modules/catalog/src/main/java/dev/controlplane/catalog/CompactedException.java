package dev.controlplane.catalog;

/** What was asked for has been cut from the log. */
public final class CompactedException extends CatalogException {
  private static final long serialVersionUID = 1L;

  private final transient LogState log;

  /**
   * For a read that began below what the log still has.
   *
   * @param asked the revision that was asked for
   * @param log the log's state in the read that found this
   */
  public CompactedException(long asked, LogState log) {
    super(
        "the log is compacted up to revision %d; what follows revision %d is not whole"
            .formatted(log.compacted(), asked));
    this.log = log;
  }

  /** The log's state in the read that found this: where a reader may begin again. */
  public LogState log() {
    return log;
  }
}
