package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.database.Session;
import java.sql.SQLException;

/**
 * The counter of revisions, {@code meta.head}. For the length of a transaction it is counted in
 * memory, so that the row is read and written once for all of a group's changes. Used by the
 * writer's thread alone.
 */
final class Revisions {
  private static final long NOT_READ = -1;

  private long head = NOT_READ;

  /** A transaction begins; what was counted in one that failed is forgotten. */
  void begin() {
    head = NOT_READ;
  }

  /** Takes the next revision; to be called only for a change that can't be refused any more. */
  long next(Session session) throws SQLException {
    if (head == NOT_READ) {
      head = session.number("SELECT head FROM meta");
    }
    head++;
    return head;
  }

  /** Stores what was counted; the transaction is about to be committed. */
  void store(Session session) throws SQLException {
    if (head != NOT_READ) {
      session.change("UPDATE meta SET head = ?", head);
    }
  }
}
