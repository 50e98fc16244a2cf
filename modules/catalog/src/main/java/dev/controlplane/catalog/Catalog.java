package dev.controlplane.catalog;

import java.time.Instant;
import java.util.Optional;

/**
 * The catalog with its writing half; one process may hold it. A method returns after its
 * transaction is on disk, never before. Concurrent calls share transactions' fsyncs (group commit).
 */
public interface Catalog extends CatalogReader {
  /**
   * What a change came to.
   *
   * @param version the version it was about
   * @param revision revision of the update that says so: this call's, or the earlier one's if
   *     nothing changed
   * @param changed whether this call logged an update
   */
  record Change(Version version, long revision, boolean changed) {}

  /**
   * Makes a stored blob a version and the latest of its worker. The same bytes again change nothing
   * and give the revision of the first publish; for a deleted version they bring it back with a new
   * update.
   *
   * @throws VersionConflictException if the version exists, or existed and was deleted by an update
   *     that the log still has, with other bytes
   */
  Change publish(String worker, String version, StoredBlob blob, String contentType);

  /**
   * Makes an existing version the latest (rollback, or forward again). What is the latest already
   * changes nothing and gives the revision that made it so.
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
   * Since when no version has had these bytes: when the last one that had them was deleted; {@link
   * Instant#EPOCH} if none is known.
   *
   * @return empty while a version that is not deleted has them
   */
  Optional<Instant> unreferencedSince(Digest digest);

  /** Blobs that no version has had since then were removed: forgets since when that was. */
  void collected(Instant before);

  /** Figures of the writer, for metrics. */
  WriterStatus status();
}
