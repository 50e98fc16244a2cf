package dev.controlplane.catalog.database;

import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.failures.CatalogException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The single writer of a database. A platform thread takes all waiting requests, runs them in one
 * transaction through {@link Transactions}, commits it with one fsync, and then answers them all.
 * Thread-safe.
 *
 * <p>Every request is answered, whatever exception occurs. If the thread itself fails, all waiting
 * and later requests get an exception, and {@code onDeath} is called once.
 */
public final class GroupCommit implements AutoCloseable {
  /** The most requests in one transaction; others wait for the next. */
  private static final int MAX_BATCH = 512;

  /** Work inside the writer's transaction. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does the work.
     *
     * @throws CatalogException to refuse the request; only allowed before the first change
     */
    T in(Session session) throws SQLException;
  }

  /** Hooks around the transactions. The writer's thread calls them unless stated otherwise. */
  @FunctionalInterface
  public interface Companion {
    /**
     * Called once this process holds the writer's lock and before the database is opened, on the
     * thread that opens it.
     */
    default void locked() throws IOException {}

    /**
     * Called when a transaction begins. After a failed transaction, its requests may run again in a
     * new one.
     */
    default void begin() {}

    /** Called when all requests have run. Changes made here are part of the transaction. */
    default void beforeCommit(Session session) throws SQLException {}

    /**
     * Called when changes were committed, before the requests are answered. Exceptions are ignored.
     */
    void committed(Session session);
  }

  private static final CommitRequest<Void> STOP = new CommitRequest<>(session -> null);

  private final Path file;
  private final Transactions transactions;
  private final Consumer<Throwable> onDeath;
  private final Thread thread;
  private final LinkedBlockingQueue<CommitRequest<?>> queue = new LinkedBlockingQueue<>();
  private volatile boolean closed;
  private volatile Throwable death;

  /**
   * Starts the writer's thread.
   *
   * @param session the connection to write with; the writer's thread closes it after {@link #close}
   * @param companion hooks around the transactions
   * @param onDeath receives the cause, on the writer's thread, if that thread ends without {@link
   *     #close}
   */
  GroupCommit(String name, Session session, Companion companion, Consumer<Throwable> onDeath) {
    this.file = session.file();
    this.transactions = new Transactions(session, companion);
    this.onDeath = onDeath;
    this.thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .inheritInheritableThreadLocals(false) // it writes for all callers, not only the first
            .start(this::run);
  }

  /**
   * Runs work in a transaction and returns once it is on disk. An interrupt withdraws work that has
   * not begun. Work that has begun is waited for, and the interrupt flag stays set.
   */
  <T> T commit(Work<T> work) {
    CommitRequest<T> request = enqueue(work);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return request.await();
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

  /**
   * As {@link #commit}, for work that changes nothing; throws {@link CatalogException} after the
   * timeout.
   */
  void probe(Work<Void> work, long timeout, TimeUnit unit) {
    CommitRequest<Void> request = enqueue(work);
    try {
      request.await(timeout, unit);
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

  /** Counters, for metrics. */
  WriterStatus status() {
    WriterStatus now = transactions.status();
    return new WriterStatus(queue.size(), now.requests(), now.transactions(), now.commitNanos());
  }

  private <T> CommitRequest<T> enqueue(Work<T> work) {
    CommitRequest<T> request = new CommitRequest<>(work);
    if (!closed) {
      queue.add(request);
    }
    // Checked after adding: once the writer has seen STOP, it takes nothing more from the queue.
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
    List<CommitRequest<?>> batch = new ArrayList<>();
    try {
      serve(batch);
    } catch (Throwable e) {
      death = e;
      closed = true;
      failAll(batch);
      failAll(queue);
      onDeath.accept(e);
    }
    transactions.close();
  }

  private void failAll(Iterable<CommitRequest<?>> requests) {
    for (CommitRequest<?> request : requests) {
      request.claim();
      request.fail(closedException());
    }
  }

  private void serve(List<CommitRequest<?>> batch) {
    boolean stopping = false;
    while (!stopping) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        continue; // nobody interrupts this thread; STOP ends it
      }
      queue.drainTo(batch, MAX_BATCH - 1);
      stopping = batch.remove(STOP);
      batch.removeIf(request -> !request.claim());
      if (!batch.isEmpty()) {
        transactions.commit(batch);
      }
      batch.clear();
    }
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
    for (CommitRequest<?> late : queue) {
      if (late.claim()) {
        late.fail(closedException());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
