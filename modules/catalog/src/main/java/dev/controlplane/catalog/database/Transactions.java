package dev.controlplane.catalog.database;

import dev.controlplane.catalog.DiskTimes;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.StorageErrors;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import jdk.jfr.FlightRecorder;

/**
 * Runs the transactions of a database's writer, on the writer's thread only.
 *
 * <ul>
 *   <li>A request may be refused ({@link CatalogException}) only before its first change, so the
 *       others in its transaction continue.
 *   <li>After any other failure the whole transaction is rolled back, and each request runs again
 *       in a transaction of its own.
 *   <li>No request is answered before the commit, not even a refused one: the state that a refusal
 *       refers to is then on disk.
 *   <li>Every request is answered, even after an {@link Error} of its work or of the {@link
 *       GroupCommit.Companion}. Once committed, a request is answered as committed, whatever fails
 *       afterwards.
 * </ul>
 */
final class Transactions {
  /** How long the last checkpoint waits for readers, in milliseconds. The process is ending. */
  private static final int CLOSE_MILLIS = 500;

  private final Path file;
  private final Session session;
  private final GroupCommit.Companion companion;
  private volatile WriterStatus status = new WriterStatus(0, 0, 0, 0);

  Transactions(Session session, GroupCommit.Companion companion) {
    this.file = session.file();
    this.session = session;
    this.companion = companion;
  }

  /** Counters of committed transactions. The number of waiting requests is always 0 here. */
  WriterStatus status() {
    return status;
  }

  /** Runs requests in one transaction; if that fails, each in its own. Answers them all. */
  void commit(List<CommitRequest<?>> batch) {
    try {
      session.takeChanged();
      session.execute("BEGIN IMMEDIATE");
    } catch (SQLException | RuntimeException | Error e) {
      // Another program holds the lock. Running the requests one by one would make each wait for it
      // in turn.
      batch.forEach(request -> request.fail(translated(e)));
      return;
    }
    long nanos;
    try {
      nanos = transaction(batch);
    } catch (SQLException | RuntimeException | Error e) {
      rollBack();
      if (batch.size() == 1) {
        batch.getFirst().fail(translated(e));
        return;
      }
      for (CommitRequest<?> request : batch) {
        commit(List.of(request));
      }
      return;
    }
    try {
      if (session.takeChanged()) {
        DiskTimes.committed(file, nanos);
        companion.committed(session);
      }
    } catch (RuntimeException | Error e) {
      // The changes are on disk, so the requests succeed. Readers notice them when they next look.
    }
    batch.forEach(CommitRequest::answer);
  }

  /** Runs requests in one transaction; how long its COMMIT took, in nanoseconds. */
  private long transaction(List<CommitRequest<?>> batch) throws SQLException {
    // An event's class registers itself with JFR when it is first used, which costs a start 80 ms.
    CommitEvent event = FlightRecorder.isInitialized() ? CommitEvent.begun() : null;
    companion.begin();
    for (CommitRequest<?> request : batch) {
      request.run(session);
    }
    companion.beforeCommit(session);
    long start = System.nanoTime();
    session.execute("COMMIT");
    long nanos = System.nanoTime() - start;
    if (event != null) {
      event.ended(file, batch.size(), nanos);
    }
    WriterStatus before = status;
    status =
        new WriterStatus(
            0,
            before.requests() + batch.size(),
            before.transactions() + 1,
            before.commitNanos() + nanos);
    return nanos;
  }

  private void rollBack() {
    try {
      session.execute("ROLLBACK");
    } catch (SQLException | RuntimeException | Error e) {
      // SQLite rolls back by itself in some cases, such as a full disk. Otherwise the next BEGIN
      // fails, and with it the health check.
    }
  }

  private Throwable translated(Throwable e) {
    return e instanceof SQLException sql ? StorageErrors.of(sql, file) : e;
  }

  /** Runs a last checkpoint and closes the session. */
  void close() {
    try {
      checkpoint();
    } finally {
      closeSession();
    }
  }

  /** Leaves only a small write-ahead log to the next writer. Open readers may prevent it. */
  private void checkpoint() {
    try {
      session.execute("PRAGMA busy_timeout = " + CLOSE_MILLIS);
      session.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      // The log keeps what was not moved; the next writer moves it.
    }
  }

  private void closeSession() {
    try {
      session.close();
    } catch (SQLException e) {
      // Everything that was answered is on disk.
    }
  }
}
