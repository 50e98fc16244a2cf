package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.FileState;
import dev.controlplane.catalog.files.StorageErrors;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A few platform threads that read one database, each with its own connection. Thread-safe.
 *
 * <p>A thread opens its connection when a query arrives and the database exists. It reopens it
 * after the file was replaced or a query failed. Readers therefore survive any writer and may start
 * before the first one. While there is no database, queries fail with {@link
 * CatalogUnavailableException}.
 *
 * <p>Implementation note: an open connection survives the removal of its file, so a thread checks
 * before each query whether the file at the path is still the open one. Twice a second it also
 * looks for changes that no writer announces: a removed or overwritten file, and commits of other
 * programs.
 */
public final class ReaderThreads implements AutoCloseable {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** A query on an open database. */
  @FunctionalInterface
  public interface Query<T> {
    T on(Session session) throws SQLException;
  }

  private static final class Task<T> {
    private final Query<T> query;
    private final CompletableFuture<T> answer = new CompletableFuture<>();

    Task(Query<T> query) {
      this.query = query;
    }

    void run(Session session) throws SQLException {
      answer.complete(query.on(session));
    }
  }

  private static final Task<Void> STOP = new Task<>(session -> null);

  private final Path directory;
  private final Path file;
  private final Schema schema;
  private final Runnable onChange;
  private final LinkedBlockingQueue<Task<?>> queue = new LinkedBlockingQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  /**
   * Starts the threads.
   *
   * @param onChange called by any of the threads when it opened the database, or noticed that it
   *     changed or disappeared
   */
  public ReaderThreads(Path directory, Schema schema, int threads, Runnable onChange) {
    this.directory = directory;
    this.file = schema.in(directory);
    this.schema = schema;
    this.onChange = onChange;
    for (int i = 1; i <= threads; i++) {
      String name = schema.title() + "-reader-" + i;
      this.threads.add(
          Thread.ofPlatform()
              .name(name)
              .daemon()
              .inheritInheritableThreadLocals(false) // it reads for all callers, not only the first
              .start(new Reader()));
    }
  }

  /**
   * Runs a query and waits for its result.
   *
   * @throws CatalogUnavailableException if there is no readable database
   */
  public <T> T ask(Query<T> query) {
    Task<T> task = enqueue(query);
    try {
      return task.answer.get();
    } catch (InterruptedException e) {
      throw interrupted(task, e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  /** As {@link #ask}; throws {@link CatalogException} after the timeout. */
  public void probe(Query<Void> query, long timeout, TimeUnit unit) {
    Task<Void> task = enqueue(query);
    try {
      task.answer.get(timeout, unit);
    } catch (InterruptedException e) {
      throw interrupted(task, e);
    } catch (TimeoutException e) {
      task.answer.cancel(false);
      throw new CatalogException(
          "the readers of %s have not answered for %d s".formatted(file, unit.toSeconds(timeout)),
          e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private <T> Task<T> enqueue(Query<T> query) {
    Task<T> task = new Task<>(query);
    if (!closed) {
      queue.add(task);
    }
    // Checked after adding: nothing is taken from the queue after the last STOP.
    if (closed && task.answer.cancel(false)) {
      throw closedException();
    }
    return task;
  }

  private CatalogException interrupted(Task<?> task, InterruptedException e) {
    task.answer.cancel(false);
    Thread.currentThread().interrupt();
    return new CatalogException("interrupted while reading " + file, e);
  }

  private CatalogException closedException() {
    return new CatalogException(file + " is closed");
  }

  private static RuntimeException failure(Throwable cause) {
    return cause instanceof CatalogException e
        ? e
        : new CatalogException("reading failed: " + cause, cause);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (int i = 0; i < threads.size(); i++) {
      queue.add(STOP);
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    for (Task<?> late : queue) {
      late.answer.completeExceptionally(closedException());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The loop of one thread. */
  private final class Reader implements Runnable {
    private Session session;
    private FileState opened;
    private long dataVersion;
    private long lastLook = System.nanoTime();

    @Override
    public void run() {
      while (true) {
        Task<?> task;
        try {
          long untilLook = LOOK_NANOS - (System.nanoTime() - lastLook);
          task = queue.poll(Math.max(0, untilLook), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          continue; // nobody interrupts this thread; STOP ends it
        }
        if (task == STOP) {
          close();
          return;
        }
        if (System.nanoTime() - lastLook >= LOOK_NANOS) {
          look();
          lastLook = System.nanoTime();
        }
        if (task != null && !task.answer.isDone()) {
          answer(task);
        }
      }
    }

    private void answer(Task<?> task) {
      try {
        if (session != null && (!opened.isSameFile(FileState.of(file)) || session.isOutdated())) {
          forget();
        }
        if (session == null) {
          open();
        }
        task.run(session);
      } catch (SQLException e) {
        forget();
        task.answer.completeExceptionally(StorageErrors.ofRead(e, file));
      } catch (CatalogUnavailableException e) {
        forget();
        task.answer.completeExceptionally(e);
      } catch (RuntimeException | Error e) {
        task.answer.completeExceptionally(e);
      }
    }

    private void open() throws SQLException {
      FileState found = FileState.of(file);
      Session opening = null;
      try {
        if (found == null) {
          // The other threads may not have noticed yet, so cached rows must be invalidated here.
          onChange.run();
          throw Contents.absent(directory, file);
        }
        opening = Session.toRead(file);
        schema.verify(opening);
        dataVersion = opening.number("PRAGMA data_version");
        session = opening;
        opened = found;
      } catch (CatalogUnavailableException e) {
        throw e;
      } catch (CatalogException e) {
        throw new CatalogUnavailableException(e.getMessage(), e);
      } finally {
        if (session == null && opening != null) {
          opening.close();
        }
      }
      onChange.run();
    }

    /**
     * Notices changes that no writer announces: a replaced database, or commits of other programs.
     */
    private void look() {
      if (session == null) {
        return;
      }
      try {
        FileState now = FileState.of(file);
        if (!opened.equals(now)) {
          forget();
          return;
        }
        long version = session.number("PRAGMA data_version");
        if (version != dataVersion) {
          dataVersion = version;
          schema.verify(session);
          onChange.run();
        }
      } catch (SQLException | RuntimeException e) {
        // The next query meets the same error and reports it to its caller.
        forget();
      }
    }

    /** Closes the connection and invalidates what was read through it. */
    private void forget() {
      if (session != null) {
        close();
        onChange.run();
      }
    }

    private void close() {
      if (session != null) {
        try {
          session.close();
        } catch (SQLException e) {
          // Nothing is lost: the connection only reads.
        }
        session = null;
      }
    }
  }
}
