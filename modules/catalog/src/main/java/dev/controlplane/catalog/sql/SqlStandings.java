package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import dev.controlplane.catalog.database.ReaderThreads;
import dev.controlplane.catalog.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The reports of consumers in {@code consumers.db}. */
final class SqlStandings {
  private static final String STANDING_COLUMNS =
      """
      s.acknowledged, s.acknowledged_revision, s.acknowledged_at, s.active, s.active_revision,
      s.active_at, s.rejected, s.rejected_revision, s.rejected_at, s.code, s.message\
      """;

  /** Each branch has its own LIMIT, so a page costs no more than a page of each. */
  private static final String STANDINGS =
      """
      SELECT %s, n.worker, %s
      FROM (
        SELECT worker FROM (SELECT worker FROM interests
          WHERE consumer = ?1 AND worker > ?2 ORDER BY worker LIMIT ?3)
        UNION
        SELECT worker FROM (SELECT worker FROM statuses
          WHERE consumer = ?1 AND worker > ?2 ORDER BY worker LIMIT ?3)
        ORDER BY worker LIMIT ?3) n
      JOIN consumers c ON c.id = ?1
      LEFT JOIN statuses s ON s.consumer = ?1 AND s.worker = n.worker
      ORDER BY n.worker\
      """
          .formatted(SqlConsumers.COLUMNS, STANDING_COLUMNS);

  private static final String STANDINGS_WITH =
      """
      SELECT %s, ?1, %s
      FROM (
        SELECT consumer FROM (SELECT consumer FROM interests
          WHERE worker = ?1 AND consumer > ?2 ORDER BY consumer LIMIT ?3)
        UNION
        SELECT consumer FROM (SELECT consumer FROM interests
          WHERE worker = '' AND consumer > ?2 ORDER BY consumer LIMIT ?3)
        UNION
        SELECT consumer FROM (SELECT consumer FROM statuses
          WHERE worker = ?1 AND consumer > ?2 ORDER BY consumer LIMIT ?3)
        ORDER BY consumer LIMIT ?3) n
      JOIN consumers c ON c.id = n.consumer
      LEFT JOIN statuses s ON s.consumer = n.consumer AND s.worker = ?1
      ORDER BY c.id\
      """
          .formatted(SqlConsumers.COLUMNS, STANDING_COLUMNS);

  private static final String REPORTED =
      """
      INSERT INTO statuses (consumer, worker, acknowledged_revision, acknowledged_at,
        active_revision, active_at, rejected_revision, rejected_at, code, message)
      VALUES (?, ?, 0, 0, 0, 0, 0, 0, '', '')
      ON CONFLICT (consumer, worker) DO NOTHING\
      """;

  private static final String ACKNOWLEDGED =
      """
      UPDATE statuses SET acknowledged = ?3, acknowledged_revision = ?4, acknowledged_at = ?5
      WHERE consumer = ?1 AND worker = ?2 AND acknowledged_revision <= ?4\
      """;

  private static final String ACTIVE =
      """
      UPDATE statuses SET active = ?3, active_revision = ?4, active_at = ?5
      WHERE consumer = ?1 AND worker = ?2 AND active_revision <= ?4\
      """;

  private static final String ACCEPTED =
      """
      UPDATE statuses SET rejected = NULL, rejected_revision = 0, rejected_at = 0, code = '',
        message = ''
      WHERE consumer = ?1 AND worker = ?2 AND rejected_revision <= ?3\
      """;

  /** The last condition rejects a late report from before the active version, which ended it. */
  private static final String REJECTED =
      """
      UPDATE statuses SET rejected = ?3, rejected_revision = ?4, rejected_at = ?5, code = ?6,
        message = ?7
      WHERE consumer = ?1 AND worker = ?2 AND rejected_revision <= ?4 AND active_revision <= ?4\
      """;

  private final ReaderThreads readers;

  SqlStandings(ReaderThreads readers) {
    this.readers = readers;
  }

  /**
   * Records a report. Returns whether it changed anything; a report older than the recorded one
   * does not.
   */
  static boolean record(Session session, Report report) throws SQLException {
    String consumer = report.consumer();
    String worker = report.worker();
    String version = report.version();
    long revision = report.revision();
    long at = report.at().toEpochMilli();
    session.change(REPORTED, consumer, worker);
    return switch (report.state()) {
      case RECEIVED, VERIFIED ->
          session.change(ACKNOWLEDGED, consumer, worker, version, revision, at) > 0;
      case ACTIVE -> {
        session.change(ACKNOWLEDGED, consumer, worker, version, revision, at);
        session.change(ACCEPTED, consumer, worker, revision);
        yield session.change(ACTIVE, consumer, worker, version, revision, at) > 0;
      }
      case REJECTED ->
          session.change(
                  REJECTED,
                  consumer,
                  worker,
                  version,
                  revision,
                  at,
                  report.code(),
                  report.message())
              > 0;
    };
  }

  Map<String, Rejection> rejections(String consumer) {
    return readers.ask(
        session -> {
          Map<String, Rejection> found = new HashMap<>();
          session.all(
              "SELECT worker, rejected, rejected_revision FROM statuses"
                  + " WHERE consumer = ? AND rejected IS NOT NULL",
              row -> found.put(row.getString(1), new Rejection(row.getString(2), row.getLong(3))),
              consumer);
          return found;
        });
  }

  List<Standing> of(String consumer, int limit, String after) {
    // The empty name, which stands for all workers, is never greater than {@code after}.
    return readers.ask(
        session -> session.all(STANDINGS, SqlStandings::standing, consumer, after, limit));
  }

  List<Standing> with(String worker, int limit, String after) {
    return readers.ask(
        session -> session.all(STANDINGS_WITH, SqlStandings::standing, worker, after, limit));
  }

  List<String> mostReported(int limit) {
    return readers.ask(
        session ->
            session.all(
                "SELECT worker FROM statuses GROUP BY worker"
                    + " ORDER BY COUNT(rejected) DESC, COUNT(*) DESC, worker LIMIT ?",
                row -> row.getString(1),
                limit));
  }

  private static Standing standing(ResultSet row) throws SQLException {
    // Of one who has told nothing, all these are null.
    String code = row.getString(16);
    String message = row.getString(17);
    return new Standing(
        SqlConsumers.consumer(row),
        row.getString(6),
        told(row, 7),
        told(row, 10),
        told(row, 13),
        code == null ? "" : code,
        message == null ? "" : message);
  }

  private static Told told(ResultSet row, int column) throws SQLException {
    String version = row.getString(column);
    return version == null
        ? null
        : new Told(version, row.getLong(column + 1), Instant.ofEpochMilli(row.getLong(column + 2)));
  }
}
