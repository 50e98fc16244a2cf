package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.database.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Which updates ask to try a version once more, and which consumer they ask.
 *
 * <p>In the log a retry is a rollback to the version that was the latest already. That is a row
 * which every release can read: an older server sends it as a rollback, and consumers try the
 * version again. A retry for one consumer does not move the latest version, and its consumer is in
 * a table of its own. The table is made by the first such retry, so it needs no version of the
 * schema: a release that does not know the table sends the update to every consumer.
 */
final class Retries {
  /**
   * 1 for a retry, among the columns of an update {@code u}: the update before it has the same
   * latest version. The log keeps that one at least as long as it keeps this one complete.
   */
  static final String IS_RETRY =
      """
      u.kind = 2 AND (SELECT b.latest FROM updates b
        WHERE b.worker = u.worker AND b.revision < u.revision
        ORDER BY b.revision DESC LIMIT 1) = u.version\
      """;

  /** A condition for updates that are for every consumer. */
  static final String IS_FOR_ALL = "(kind <> 2 OR latest_revision = revision)";

  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS retries (
        revision INTEGER NOT NULL PRIMARY KEY,
        consumer TEXT NOT NULL)\
      """;

  private Retries() {}

  /** Notes that an update is for one consumer. */
  static void add(Session session, long revision, String consumer) throws SQLException {
    session.change(TABLE);
    session.change("INSERT INTO retries (revision, consumer) VALUES (?, ?)", revision, consumer);
  }

  /** The updates with the consumers that they are for. */
  static List<Update> addressed(Session session, List<Update> updates) throws SQLException {
    for (int i = 0; i < updates.size(); i++) {
      Update update = updates.get(i);
      if (update.retry() != null && !update.movedLatest()) {
        Optional<String> consumer =
            session.one(
                "SELECT consumer FROM retries WHERE revision = ?",
                row -> row.getString(1),
                update.revision());
        if (consumer.isPresent()) {
          updates.set(i, update.retrying(consumer.get()));
        }
      }
    }
    return updates;
  }

  /** Updates up to a revision were removed from the log. */
  static void compact(Session session, long upTo) throws SQLException {
    if (session
        .one("SELECT 1 FROM sqlite_schema WHERE name = 'retries'", row -> true)
        .isPresent()) {
      session.change("DELETE FROM retries WHERE revision <= ?", upTo);
    }
  }
}
