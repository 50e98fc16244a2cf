package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.database.ReaderThreads;
import dev.controlplane.catalog.database.Session;
import dev.controlplane.catalog.database.WritableDatabase;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;

/** Removes consumers with their interests and reports. */
final class ConsumerExpiry {
  /**
   * How many consumers one transaction removes. Other requests then wait only milliseconds for it.
   */
  private static final int EXPIRE_BATCH = 200;

  private static final List<String> FORGET =
      List.of(
          "DELETE FROM interests WHERE consumer = ?",
          "DELETE FROM statuses WHERE consumer = ?",
          "DELETE FROM consumers WHERE id = ?");

  private final WritableDatabase writer;
  private final ReaderThreads readers;

  ConsumerExpiry(WritableDatabase writer, ReaderThreads readers) {
    this.writer = writer;
    this.readers = readers;
  }

  /** As {@link SqlConsumers#forget}. */
  boolean forget(String id) {
    return writer.commit(session -> forget(session, id));
  }

  private static boolean forget(Session session, String id) throws SQLException {
    int gone = 0;
    for (String sql : FORGET) {
      gone = session.change(sql, id);
    }
    return gone > 0; // the rows of the last statement
  }

  /**
   * Removes consumers that were not seen for a long time, in small batches.
   *
   * @param before in milliseconds; consumers seen at or after this time are kept
   * @param spared consumers that are kept in any case
   * @return how many were removed
   */
  int expire(long before, Predicate<String> spared) {
    int forgotten = 0;
    String after = "";
    List<String> unseen;
    do {
      unseen = unseen(before, after);
      List<String> go = unseen.stream().filter(id -> !spared.test(id)).toList();
      if (!go.isEmpty()) {
        forgotten += writer.commit(session -> forget(session, go, before));
      }
      after = unseen.isEmpty() ? after : unseen.getLast();
    } while (unseen.size() == EXPIRE_BATCH);
    return forgotten;
  }

  private List<String> unseen(long before, String after) {
    return readers.ask(
        session ->
            session.all(
                "SELECT id FROM consumers WHERE id > ? AND last_seen < ? ORDER BY id LIMIT ?",
                row -> row.getString(1),
                after,
                before,
                EXPIRE_BATCH));
  }

  /** Checks again inside the transaction, because a consumer may have been seen meanwhile. */
  private static int forget(Session session, List<String> ids, long before) throws SQLException {
    int forgotten = 0;
    for (String id : ids) {
      long seen =
          session
              .one("SELECT last_seen FROM consumers WHERE id = ?", row -> row.getLong(1), id)
              .orElse(Long.MAX_VALUE);
      if (seen < before && forget(session, id)) {
        forgotten++;
      }
    }
    return forgotten;
  }
}
