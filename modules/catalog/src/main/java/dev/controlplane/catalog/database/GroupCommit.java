package dev.controlplane.catalog.database;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.WriterStatus;
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
 * The one writer of a database. A platform thread takes every request that has gathered, and has
 * {@link Transactions} run them in one transaction, commit it with one fsync and then answer them
 * all.
 *
 * <p>Every request is answered, whatever is thrown. If the thread itself can't go on, all who wait
 * and all who come later get an exception, and the owner is told, once.
 */
public final class GroupCommit implements AutoCloseable {
  /** The most requests of one transaction; more wait for the next. */
  private static final int MAX_BATCH = 512;

  /** Work inside the writer's transaction. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does the work.
     *
     * @throws CatalogException to refuse, only before the first change
     */
    T in(Session session) throws SQLException;
  }

  /** Goes along with the transactions; called by the writer's thread. */
  @FunctionalInterface
  public interface Companion {
    /** This process is the one that writes, and opens the database next; called by who opens it. */
    default void locked() throws IOException {}

    /** A transaction begins, perhaps again for requests of one that failed. */
    default void begin() {}

    /** All requests have run; what is changed here is committed with them. */
    default void beforeCommit(Session session) throws SQLException {}

    /** Something was changed and committed, and is not answered yet; what it throws is ignored. */
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
   * Starts the thread.
   *
   * @param session what to write to; closed by the writer's thread when this is closed
   * @param companion of its transactions
   * @param onDeath told by the writer's thread if that ends without {@link #close}, and why
   */
  GroupCommit(String name, Session session, Companion companion, Consumer<Throwable> onDeath) {
    this.file = session.file();
    this.transactions = new Transactions(session, companion);
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

  /** As {@link #commit} for work without an effect, giving up after a time. */
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

  /** Figures for operators. */
  WriterStatus status() {
    WriterStatus now = transactions.status();
    return new WriterStatus(queue.size(), now.requests(), now.transactions(), now.commitNanos());
  }

  private <T> CommitRequest<T> enqueue(Work<T> work) {
    CommitRequest<T> request = new CommitRequest<>(work);
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
        continue; // Nobody interrupts this thread; STOP ends it.
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
