package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.database.Session;
import java.sql.SQLException;
import java.util.List;

/** Cuts old updates from the log in {@code catalog.db}, so that a snapshot can still be told. */
final class Compaction {
  /** Spares the newest of the updates, and the one that made the latest version of then so. */
  private static final String FORGET =
      """
      DELETE FROM updates WHERE worker = ? AND revision <= ?
        AND revision <> (SELECT MAX(revision) FROM updates WHERE worker = ? AND revision <= ?)
        AND revision <> (SELECT latest_revision FROM updates WHERE worker = ? AND revision <= ?
          ORDER BY revision DESC LIMIT 1)\
      """;

  /** Forgets a worker that was gone: who holds it and asks is told of the deletion all the same. */
  private static final String FORGET_GONE =
      "DELETE FROM updates WHERE worker = ? AND revision <= ? AND latest IS NULL";

  /** Versions deleted by updates that are about to be cut, and not brought back since. */
  private static final String DELETED =
      """
      SELECT DISTINCT u.worker, u.version FROM updates u
        JOIN versions v ON v.worker = u.worker AND v.version = u.version AND v.deleted = 1
      WHERE u.kind = 3 AND u.revision > ?1 AND u.revision <= ?2
        AND NOT EXISTS (SELECT 1 FROM updates l
          WHERE l.worker = u.worker AND l.version = u.version AND l.kind = 3 AND l.revision > ?2)\
      """;

  /** What a version is called. */
  private record Name(String worker, String version) {}

  private Compaction() {}

  /**
   * Cuts the log up to a revision.
   *
   * @return how many updates are gone
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
