package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;
import java.time.Instant;

/**
 * One entry of the ordered log.
 *
 * @param revision its position in the log: starts at 1, without gaps, in commit order
 * @param kind what happened
 * @param worker name of the worker
 * @param version the version that was published, rolled back to, or deleted
 * @param digest of that version's bytes
 * @param size of that version in bytes
 * @param committedAt the time of the commit, in milliseconds
 * @param latest the worker's latest version after this update; null if its last version was deleted
 * @param latestRevision the revision that made that version the latest, this one or an earlier one;
 *     0 if there is none
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

  /** Whether this update changed the worker's latest version, or deleted its last version. */
  public boolean movedLatest() {
    return latest == null || latestRevision == revision;
  }

  /**
   * What an update did. {@link #number} is its number in the database and its {@code UpdateKind} on
   * the wire.
   */
  public enum Kind {
    /** A version was uploaded or restored, and became the latest. */
    PUBLISHED(1),
    /** An existing version became the latest again. */
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
