package dev.controlplane.catalog;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A few platform threads, each with a connection of its own to read one database. A thread opens
 * its connection once the database is there, looks at it once a second, and opens it anew if it was
 * replaced or a query failed: so readers outlive any writer and may start before the first one.
 */
final class ReaderThreads implements AutoCloseable {
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A query on an open database. */
  @FunctionalInterface
  interface Query<T> {
    T on(Session session) throws SQLException;
  }

  private static final class Task<T> {
    private final T nothing;
    private final Query<T> query;
    private final CompletableFuture<T> answer = new CompletableFuture<>();

    Task(T nothing, Query<T> query) {
      this.nothing = nothing;
      this.query = query;
    }

    void run(Session session) throws SQLException {
      answer.complete(session == null ? nothing : query.on(session));
    }
  }

  private static final Task<Void> STOP = new Task<>(null, session -> null);

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
  ReaderThreads(Path directory, Schema schema, int threads, Runnable onChange) {
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
   * @param nothing the answer if the database is not there yet
   */
  <T> T ask(T nothing, Query<T> query) {
    Task<T> task = enqueue(nothing, query);
    try {
      return task.answer.get();
    } catch (InterruptedException e) {
      throw interrupted(task, e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  /** As {@link #ask}, giving up after a time. */
  void probe(Query<Void> query, long timeout, TimeUnit unit) {
    Task<Void> task = enqueue(null, query);
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

  private <T> Task<T> enqueue(T nothing, Query<T> query) {
    Task<T> task = new Task<>(nothing, query);
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
    private Object fileKey;
    private long dataVersion;
    private long lastLook = System.nanoTime();

    @Override
    public void run() {
      while (true) {
        Task<?> task;
        try {
          task = queue.poll(LOOK_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          continue; // Nobody interrupts this thread; STOP ends it.
        }
        if (task == STOP) {
          close();
          return;
        }
        look();
        if (task != null && !task.answer.isDone()) {
          answer(task);
        }
      }
    }

    private void answer(Task<?> task) {
      try {
        open();
        task.run(session);
      } catch (SQLException e) {
        close();
        task.answer.completeExceptionally(StorageErrors.of(e, file));
      } catch (RuntimeException | Error e) {
        task.answer.completeExceptionally(e);
      }
    }

    private void open() throws SQLException {
      if (session != null) {
        return;
      }
      if (!Files.exists(file)) {
        DataDirectory.requireOurs(directory);
        return;
      }
      Object key = FileKeys.of(file);
      Session opened = Session.toRead(file);
      try {
        schema.verify(opened);
        dataVersion = opened.number("PRAGMA data_version");
      } catch (SQLException | RuntimeException e) {
        opened.close();
        throw e;
      }
      session = opened;
      fileKey = key;
      onChange.run();
    }

    /** Sees what no writer tells of: a database replaced, or changed by another program. */
    private void look() {
      if (session == null || System.nanoTime() - lastLook < LOOK_NANOS) {
        return;
      }
      lastLook = System.nanoTime();
      try {
        if (!Objects.equals(fileKey, FileKeys.of(file))) {
          close();
          onChange.run();
          return;
        }
        long now = session.number("PRAGMA data_version");
        if (now != dataVersion) {
          dataVersion = now;
          onChange.run();
        }
      } catch (SQLException | RuntimeException e) {
        // The next query meets the same and tells its caller.
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
