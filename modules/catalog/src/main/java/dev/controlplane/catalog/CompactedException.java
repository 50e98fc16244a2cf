package dev.controlplane.catalog;

/** What was asked for has been cut from the log. */
public final class CompactedException extends CatalogException {
  private static final long serialVersionUID = 1L;

  public CompactedException(long asked, long compacted) {
    super(
        "the log is compacted up to revision %d; what follows revision %d is not whole"
            .formatted(compacted, asked));
  }

  @Override
  public String forClient() {
    return getMessage();
  }
}
