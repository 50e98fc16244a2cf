package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.NotLatestException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.time.Instant;
import java.util.Optional;

/**
 * The read-write catalog. Only one process may have it open. A method returns only after its
 * transaction is on disk. Concurrent calls share fsyncs (group commit).
 */
public interface Catalog extends CatalogReader {
  /**
   * The result of a change.
   *
   * @param version the version that the change was about
   * @param revision the revision of the update that established this state: that of this call, or
   *     of an earlier one if nothing changed
   * @param changed whether this call added an update to the log
   */
  record Change(Version version, long revision, boolean changed) {}

  /**
   * Publishes a stored blob as a version and makes it the worker's latest. Publishing the same
   * bytes again changes nothing and returns the revision of the first publish. Publishing a deleted
   * version again with the same bytes restores it with a new update.
   *
   * @throws VersionConflictException if the version exists with other bytes, or was deleted with
   *     other bytes by an update that is still in the log
   */
  Change publish(String worker, String version, StoredBlob blob, String contentType);

  /**
   * Makes an existing version the worker's latest (a rollback, or forward again). If it is the
   * latest already, nothing changes, and the revision that made it the latest is returned.
   *
   * @throws UnknownVersionException if there is no such worker or version
   */
  Change moveLatest(String worker, String version);

  /**
   * Asks consumers that have rejected the latest version to try it once more: one update of the
   * kind {@link Update.Kind#ROLLED_BACK} for that version.
   *
   * @param consumer the only consumer that is asked; empty for all. An update for one consumer does
   *     not move the latest version, so snapshots stay as they are
   * @throws UnknownVersionException if there is no such worker or version
   * @throws NotLatestException if another version is the latest
   */
  Change retry(String worker, String version, String consumer);

  /**
   * Deletes a version: one update. If it was the latest, the newest left becomes so; the last one
   * takes the worker with it.
   *
   * @throws UnknownVersionException if there is no such worker or version
   */
  Change delete(String worker, String version);

  /**
   * Removes updates up to a revision from the log. For each worker that existed at that revision it
   * keeps the newest update and the update that set the worker's latest version, so that snapshots
   * of that revision and later ones stay complete. It keeps nothing of workers that no longer
   * existed. The names of versions that were deleted by then can be used again.
   *
   * @param revision the last update to remove; a revision above the head counts as the head
   * @return how many updates were removed
   */
  long compact(long revision);

  /**
   * Returns since when no version references these bytes: the time at which the last such version
   * was deleted, or {@link Instant#EPOCH} if that is not known.
   *
   * @return empty while a version that is not deleted has these bytes
   */
  Optional<Instant> unreferencedSince(Digest digest);

  /**
   * Notes that all blobs unreferenced since before this time were removed, and forgets their times.
   */
  void collected(Instant before);

  /** Counters of the writer, for metrics. */
  WriterStatus status();
}
