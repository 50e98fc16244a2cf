package dev.controlplane.catalog;

import java.time.Instant;

/**
 * One entry of the ordered log.
 *
 * @param revision position: starts at 1, gap-free, in commit order
 * @param kind what happened
 * @param worker name of the worker
 * @param version the version that was published, rolled back to, or deleted
 * @param digest its bytes
 * @param size their length
 * @param committedAt when, with milliseconds
 * @param latest the worker's latest version from this update on; null when it took the last one
 * @param latestRevision the update that made that version the latest, this one or an earlier; 0
 *     when there is none
 * @param retry set if the update asks to try once more what was the latest already; else null. Such
 *     an update is of the kind {@link Kind#ROLLED_BACK}, which every client understands
 */
public record Update(
    long revision,
    Kind kind,
    String worker,
    String version,
    Digest digest,
    long size,
    Instant committedAt,
    String latest,
    long latestRevision,
    Retry retry) {

  /**
   * A request to try a version once more.
   *
   * @param consumer the only consumer that it is for; empty if it is for all
   */
  public record Retry(String consumer) {}

  /** An update that is no retry. */
  public Update(
      long revision,
      Kind kind,
      String worker,
      String version,
      Digest digest,
      long size,
      Instant committedAt,
      String latest,
      long latestRevision) {
    this(revision, kind, worker, version, digest, size, committedAt, latest, latestRevision, null);
  }

  /** Whether a consumer is to receive it, as far as the worker is one that it wants. */
  public boolean isFor(String consumer) {
    return retry == null || retry.consumer().isEmpty() || retry.consumer().equals(consumer);
  }

  /** The same update, as one that asks to try a version once more. */
  public Update retrying(String consumer) {
    return new Update(
        revision,
        kind,
        worker,
        version,
        digest,
        size,
        committedAt,
        latest,
        latestRevision,
        new Retry(consumer));
  }

  /** Whether it changed which version is the worker's latest, or took the last one. */
  public boolean movedLatest() {
    return latest == null || latestRevision == revision;
  }

  /** What an update tells; {@link #number} is the value of {@code UpdateKind} on the wire. */
  public enum Kind {
    /** A version was uploaded, or brought back, and is the latest now. */
    PUBLISHED(1),
    /** An earlier version was made the latest again, or the latest one is to be tried again. */
    ROLLED_BACK(2),
    /** A version was deleted. */
    DELETED(3);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** The number in the database and on the wire. */
    public int number() {
      return number;
    }

    public static Kind numbered(int number) {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new CatalogException("the log has an update of the unknown kind " + number);
    }
  }
}
