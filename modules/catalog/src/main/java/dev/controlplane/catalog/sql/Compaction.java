package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.database.Session;
import java.sql.SQLException;
import java.util.List;

/** Removes old updates from the log in {@code catalog.db}. Snapshots stay complete. */
final class Compaction {
  /** Keeps the newest update of the worker, and the update that set its latest version. */
  private static final String FORGET =
      """
      DELETE FROM updates WHERE worker = ? AND revision <= ?
        AND revision <> (SELECT MAX(revision) FROM updates WHERE worker = ? AND revision <= ?)
        AND revision <> (SELECT latest_revision FROM updates WHERE worker = ? AND revision <= ?
          ORDER BY revision DESC LIMIT 1)\
      """;

  /**
   * Removes everything about a worker that no longer exists. A consumer that lists it in {@code
   * held} is still sent the deletion, because the worker is not in the snapshot.
   */
  private static final String FORGET_GONE =
      "DELETE FROM updates WHERE worker = ? AND revision <= ? AND latest IS NULL";

  /**
   * Versions whose deletion is about to be removed from the log and that were not published again.
   */
  private static final String DELETED =
      """
      SELECT DISTINCT u.worker, u.version FROM updates u
        JOIN versions v ON v.worker = u.worker AND v.version = u.version AND v.deleted = 1
      WHERE u.kind = 3 AND u.revision > ?1 AND u.revision <= ?2
        AND NOT EXISTS (SELECT 1 FROM updates l
          WHERE l.worker = u.worker AND l.version = u.version AND l.kind = 3 AND l.revision > ?2)\
      """;

  /** A version's full name. */
  private record Name(String worker, String version) {}

  private Compaction() {}

  /**
   * Removes updates up to a revision.
   *
   * @return how many updates were removed
   */
  static long compact(Session session, long revision) throws SQLException {
    LogState log = LogRows.state(session);
    long upTo = Math.min(revision, log.head());
    if (upTo <= log.compacted()) {
      return 0L;
    }
    List<String> workers =
        session.all(
            "SELECT DISTINCT worker FROM updates WHERE revision > ? AND revision <= ?",
            row -> row.getString(1),
            log.compacted(),
            upTo);
    session.change("UPDATE meta SET compacted = ?", upTo);
    Retries.compact(session, upTo);
    for (Name deleted :
        session.all(
            DELETED, row -> new Name(row.getString(1), row.getString(2)), log.compacted(), upTo)) {
      session.change(
          "DELETE FROM versions WHERE worker = ? AND version = ? AND deleted = 1",
          deleted.worker(),
          deleted.version());
    }
    long removed = 0;
    for (String worker : workers) {
      removed += session.change(FORGET, worker, upTo, worker, upTo, worker, upTo);
      removed += session.change(FORGET_GONE, worker, upTo);
    }
    return removed;
  }
}
