package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import jdk.jfr.FlightRecorder;

/**
 * The one writer of a database. A platform thread takes every request that has gathered, runs them
 * in one transaction, commits it with one fsync and then answers them all.
 *
 * <p>A request that is refused ({@link CatalogException}) is refused before its first change, so
 * its neighbours' transaction goes on. After any other failure the whole transaction is rolled back
 * and each request gets one of its own. No answer, refusals included, leaves before the commit:
 * what a request was judged by is on disk by then.
 *
 * <p>Every request is answered, whatever is thrown: also by an {@link Error} of a request's work or
 * of the {@link Companion}. What was committed is answered as committed, whatever fails afterwards.
 * If the thread itself can't go on, all who wait and all who come later get an exception, and the
 * owner is told, once.
 */
final class GroupCommit implements AutoCloseable {
  /** The most requests of one transaction; more wait for the next. */
  private static final int MAX_BATCH = 512;

  /** How long the last checkpoint waits for readers, in milliseconds: the process is ending. */
  private static final int CLOSE_MILLIS = 500;

  /** Work inside the writer's transaction. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * Does the work.
     *
     * @throws CatalogException to refuse, only before the first change
     */
    T in(Session session) throws SQLException;
  }

  /** Goes along with the transactions; called by the writer's thread. */
  @FunctionalInterface
  interface Companion {
    /** This process is the one that writes, and opens the database next; called by who opens it. */
    default void locked() throws IOException {}

    /** A transaction begins, perhaps again for requests of one that failed. */
    default void begin() {}

    /** All requests have run; what is changed here is committed with them. */
    default void beforeCommit(Session session) throws SQLException {}

    /** Something was changed and committed, and is not answered yet; what it throws is ignored. */
    void committed(Session session);
  }

  /**
   * One caller's work and its answer. Who claims it, the writer or the caller, decides its fate.
   */
  private static final class Request<T> {
    private final Work<T> work;
    private final AtomicBoolean claimed = new AtomicBoolean();
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private T result;
    private CatalogException refusal;

    Request(Work<T> work) {
      this.work = work;
    }

    boolean claim() {
      return claimed.compareAndSet(false, true);
    }

    void run(Session session) throws SQLException {
      result = null;
      refusal = null;
      try {
        result = work.in(session);
      } catch (CatalogException e) {
        refusal = e;
      }
    }

    /** Does nothing if the request was answered before. */
    void fail(Throwable cause) {
      answer.completeExceptionally(cause);
    }

    void answer() {
      if (refusal == null) {
        answer.complete(result);
      } else {
        answer.completeExceptionally(refusal);
      }
    }
  }

  private static final Request<Void> STOP = new Request<>(session -> null);

  private final Path file;
  private final Session session;
  private final Companion companion;
  private final Consumer<Throwable> onDeath;
  private final Thread thread;
  private final LinkedBlockingQueue<Request<?>> queue = new LinkedBlockingQueue<>();
  private volatile boolean closed;
  private volatile Throwable death;
  private volatile WriterStatus status = new WriterStatus(0, 0, 0, 0);

  /**
   * Starts the thread.
   *
   * @param session what to write to; closed by the writer's thread when this is closed
   * @param companion of its transactions
   * @param onDeath told by the writer's thread if that ends without {@link #close}, and why
   */
  GroupCommit(String name, Session session, Companion companion, Consumer<Throwable> onDeath) {
    this.file = session.file();
    this.session = session;
    this.companion = companion;
    this.onDeath = onDeath;
    this.thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .inheritInheritableThreadLocals(false) // Writes for all, not for who writes first.
            .start(this::run);
  }

  /**
   * Runs work in a transaction and returns when that is on disk. An interrupt withdraws work that
   * was not begun; later the outcome is waited for, and the interrupt stays set.
   */
  <T> T commit(Work<T> work) {
    Request<T> request = enqueue(work);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return request.answer.get();
        } catch (InterruptedException e) {
          interrupted = true;
          if (request.claim()) {
            throw new CatalogException("interrupted before " + file + " was changed", e);
          }
        }
      }
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** As {@link #commit} for work without an effect, giving up after a time. */
  void probe(Work<Void> work, long timeout, TimeUnit unit) {
    Request<Void> request = enqueue(work);
    try {
      request.answer.get(timeout, unit);
    } catch (InterruptedException e) {
      request.claim();
      Thread.currentThread().interrupt();
      throw new CatalogException("interrupted while checking " + file, e);
    } catch (TimeoutException e) {
      request.claim();
      throw new CatalogException(
          "the writer of %s has not answered for %d s".formatted(file, unit.toSeconds(timeout)), e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  /** Figures for operators. */
  WriterStatus status() {
    WriterStatus now = status;
    return new WriterStatus(queue.size(), now.requests(), now.transactions(), now.commitNanos());
  }

  private <T> Request<T> enqueue(Work<T> work) {
    Request<T> request = new Request<>(work);
    if (!closed) {
      queue.add(request);
    }
    // Checked after adding: the writer takes nothing from the queue once it has seen STOP.
    if (closed && request.claim()) {
      throw closedException();
    }
    return request;
  }

  private CatalogException closedException() {
    Throwable cause = death;
    return cause == null
        ? new CatalogException(file + " is closed")
        : new CatalogException(
            "the writer of %s has ended (%s); restart the server".formatted(file, cause), cause);
  }

  private static CatalogException failure(Throwable cause) {
    return cause instanceof CatalogException e
        ? e
        : new CatalogException("the change failed: " + cause, cause);
  }

  private void run() {
    List<Request<?>> batch = new ArrayList<>();
    try {
      serve(batch);
    } catch (Throwable e) {
      death = e;
      closed = true;
      failAll(batch);
      failAll(queue);
      onDeath.accept(e);
    }
    try {
      checkpoint();
    } finally {
      closeSession();
    }
  }

  private void failAll(Iterable<Request<?>> requests) {
    for (Request<?> request : requests) {
      request.claim();
      request.fail(closedException());
    }
  }

  private void serve(List<Request<?>> batch) {
    boolean stopping = false;
    while (!stopping) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        continue; // Nobody interrupts this thread; STOP ends it.
      }
      queue.drainTo(batch, MAX_BATCH - 1);
      stopping = batch.remove(STOP);
      batch.removeIf(request -> !request.claim());
      if (!batch.isEmpty()) {
        together(batch);
      }
      batch.clear();
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

  private void together(List<Request<?>> batch) {
    try {
      session.takeChanged();
      session.execute("BEGIN IMMEDIATE");
    } catch (SQLException | RuntimeException | Error e) {
      // Locked by another program: nobody fares better alone, and each would wait for it in turn.
      batch.forEach(request -> request.fail(translated(e)));
      return;
    }
    try {
      transaction(batch);
    } catch (SQLException | RuntimeException | Error e) {
      rollBack();
      if (batch.size() == 1) {
        batch.getFirst().fail(translated(e));
        return;
      }
      for (Request<?> request : batch) {
        together(List.of(request));
      }
      return;
    }
    try {
      if (session.takeChanged()) {
        companion.committed(session);
      }
    } catch (RuntimeException | Error e) {
      // What is on disk is answered as such. Readers notice the change at their next look.
    }
    batch.forEach(Request::answer);
  }

  private void transaction(List<Request<?>> batch) throws SQLException {
    // An event's class registers itself with JFR when it is first used, which costs a start 80 ms.
    CommitEvent event = FlightRecorder.isInitialized() ? CommitEvent.begun() : null;
    companion.begin();
    for (Request<?> request : batch) {
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

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    queue.add(STOP);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    for (Request<?> late : queue) {
      if (late.claim()) {
        late.fail(closedException());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
