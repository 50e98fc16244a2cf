package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.database.Session;
import java.sql.SQLException;

/**
 * The counter of revisions, {@code meta.head}. During a transaction it counts in memory, so that
 * the row is read and written once for all changes of a group. Only for the writer's thread.
 */
final class Revisions {
  private static final long NOT_READ = -1;

  private long head = NOT_READ;

  /** A transaction begins: forgets what a failed transaction counted. */
  void begin() {
    head = NOT_READ;
  }

  /** Takes the next revision. Call it only for a change that can't be refused any more. */
  long next(Session session) throws SQLException {
    if (head == NOT_READ) {
      head = session.number("SELECT head FROM meta");
    }
    head++;
    return head;
  }

  /** Stores the counter. Called right before the commit. */
  void store(Session session) throws SQLException {
    if (head != NOT_READ) {
      session.change("UPDATE meta SET head = ?", head);
    }
  }
}
