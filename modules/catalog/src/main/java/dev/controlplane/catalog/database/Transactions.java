package dev.controlplane.catalog.database;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.DiskTimes;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.files.StorageErrors;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import jdk.jfr.FlightRecorder;

/**
 * The transactions of a database's writer; its thread calls.
 *
 * <p>A request that is refused ({@link CatalogException}) is refused before its first change, so
 * its neighbours' transaction goes on. After any other failure the whole transaction is rolled back
 * and each request gets one of its own. No answer, refusals included, leaves before the commit:
 * what a request was judged by is on disk by then.
 *
 * <p>Every request is answered, whatever is thrown: also by an {@link Error} of a request's work or
 * of the {@link GroupCommit.Companion}. What was committed is answered as committed, whatever fails
 * afterwards.
 */
final class Transactions {
  /** How long the last checkpoint waits for readers, in milliseconds: the process is ending. */
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

  /** What was committed so far; how many wait is not known here. */
  WriterStatus status() {
    return status;
  }

  /** Runs requests in one transaction; each in one of its own if that fails. Answers them all. */
  void commit(List<CommitRequest<?>> batch) {
    try {
      session.takeChanged();
      session.execute("BEGIN IMMEDIATE");
    } catch (SQLException | RuntimeException | Error e) {
      // Locked by another program: nobody fares better alone, and each would wait for it in turn.
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
      // What is on disk is answered as such. Readers notice the change at their next look.
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
      // SQLite has rolled back by itself, as it does when the disk is full. If not, the next BEGIN
      // fails, and so does the health check.
    }
  }

  private Throwable translated(Throwable e) {
    return e instanceof SQLException sql ? StorageErrors.of(sql, file) : e;
  }

  /** Closes the session. */
  void close() {
    try {
      checkpoint();
    } finally {
      closeSession();
    }
  }

  /** Leaves a small write-ahead log to the next writer. Readers that are open may prevent it. */
  private void checkpoint() {
    try {
      session.execute("PRAGMA busy_timeout = " + CLOSE_MILLIS);
      session.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      // The log keeps what could not be moved; the next writer moves it.
    }
  }

  private void closeSession() {
    try {
      session.close();
    } catch (SQLException e) {
      // Everything answered is on disk.
    }
  }
}
