package dev.controlplane.catalog.database;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
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
 * A few platform threads, each with a connection of its own to read one database. A thread opens
 * its connection when a query comes and the database is there. It opens another one after the file
 * was replaced or a query failed: so readers outlive any writer and may start before the first one.
 *
 * <p>An open connection outlives its file, so a thread asks before each query whether the file
 * under the database's name is still the one that it has open. Twice a second it also looks for
 * what no writer announces: a file that was removed or written over, and commits of other programs.
 * While there is no database, queries fail with {@link CatalogUnavailableException}.
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
   * @param onChange called by any of the threads when it has opened the database, has seen at its
   *     look that it changed, or that it is gone
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
              .inheritInheritableThreadLocals(false) // Reads for all, not for who asks first.
              .start(new Reader()));
    }
  }

  /**
   * Answers a query.
   *
   * @throws CatalogUnavailableException if there is no database that can be read
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

  /** As {@link #ask}, giving up after a time. */
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
    // Checked after adding: nobody takes what comes after the last STOP.
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

  /** What one thread runs. */
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
          continue; // Nobody interrupts this thread; STOP ends it.
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
          // The other threads may not have looked yet: what is kept in memory counts no more.
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

    /** Sees what no writer tells of: a database replaced, or changed by another program. */
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
        // The next query meets the same and tells its caller.
        forget();
      }
    }

    /** Closes the connection; what was read by it counts no more. */
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
          // A connection that only reads loses nothing.
        }
        session = null;
      }
    }
  }
}
