package dev.controlplane.catalog.database;

import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.Directories;
import dev.controlplane.catalog.files.FileState;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A database that only this process writes: the writer's lock and its transactions, opened and
 * closed together. Thread-safe.
 */
public final class WritableDatabase implements AutoCloseable {
  private static final long PROBE_SECONDS = 5;

  private final WriterLock lock;
  private final GroupCommit transactions;

  private WritableDatabase(WriterLock lock, GroupCommit transactions) {
    this.lock = lock;
    this.transactions = transactions;
  }

  /**
   * Opens a database; creates it if it is missing.
   *
   * @param onDeath as for {@link GroupCommit}
   * @throws CatalogException if the database is not ours, is unusable, or another process writes it
   */
  public static WritableDatabase open(
      Path directory, Schema schema, GroupCommit.Companion companion, Consumer<Throwable> onDeath)
      throws IOException {
    requireReadable(directory, schema);
    Directories.make(directory);
    return open(directory, schema, companion, onDeath, () -> make(directory, schema));
  }

  /** As {@link #open}, for an existing database. Creates neither it nor its directory. */
  public static WritableDatabase openExisting(
      Path directory, Schema schema, GroupCommit.Companion companion, Consumer<Throwable> onDeath)
      throws IOException {
    Path file = schema.in(directory);
    if (FileState.of(file) == null) {
      throw Contents.absent(directory, file);
    }
    requireReadable(directory, schema);
    return open(directory, schema, companion, onDeath, () -> {});
  }

  @FunctionalInterface
  private interface Making {
    void make() throws IOException;
  }

  private static WritableDatabase open(
      Path directory,
      Schema schema,
      GroupCommit.Companion companion,
      Consumer<Throwable> onDeath,
      Making making)
      throws IOException {
    WriterLock lock = WriterLock.take(directory, schema);
    boolean opened = false;
    try {
      companion.locked();
      making.make();
      GroupCommit transactions = transactions(directory, schema, companion, onDeath);
      opened = true;
      return new WritableDatabase(lock, transactions);
    } finally {
      if (!opened) {
        lock.close();
      }
    }
  }

  /** Checks before touching anything, because the files may belong to another program. */
  private static void requireReadable(Path directory, Schema schema) {
    Contents.requireOurs(directory);
    Path file = schema.in(directory);
    if (Files.exists(file)) {
      try (Session session = Session.toRead(file)) {
        schema.verify(session);
      } catch (SQLException e) {
        throw StorageErrors.of(e, file);
      }
    }
  }

  /**
   * Creates the database if it is missing. It gets its name only when it is complete, so a reader
   * never sees a part of it.
   */
  private static void make(Path directory, Schema schema) throws IOException {
    Path file = schema.in(directory);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path log = Path.of(file + "-wal");
    if (Files.exists(log) && Files.size(log) > 0) {
      // SQLite would replay this log of the lost database into the new one.
      throw new CatalogException(
          "%s is missing but its log %s is there; put the database back from a backup, or remove the"
                  .formatted(file, log.getFileName())
              + " log to start with nothing");
    }
    Files.deleteIfExists(log);
    Files.deleteIfExists(Path.of(file + "-shm"));
    Path draft = directory.resolve(schema.title() + ".db-new");
    for (String suffix : List.of("", "-journal", "-wal", "-shm")) {
      Files.deleteIfExists(Path.of(draft + suffix));
    }
    Files.createFile(draft, Directories.forFileIn(directory));
    try (Session session = Session.toWrite(draft)) {
      schema.make(session);
    } catch (SQLException e) {
      throw StorageErrors.of(e, draft);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    Directories.sync(directory);
  }

  private static GroupCommit transactions(
      Path directory, Schema schema, GroupCommit.Companion companion, Consumer<Throwable> onDeath)
      throws IOException {
    Path file = schema.in(directory);
    try {
      Session session = Session.toWrite(file);
      boolean opened = false;
      try {
        // If a reader created the log file, SQLite does not make its directory entry durable.
        Directories.sync(directory);
        schema.upgrade(session);
        GroupCommit writer =
            new GroupCommit(schema.title() + "-writer", session, companion, onDeath);
        opened = true;
        return writer;
      } finally {
        if (!opened) {
          session.close();
        }
      }
    } catch (SQLException e) {
      throw StorageErrors.of(e, file);
    }
  }

  /** As {@link GroupCommit#commit}. */
  public <T> T commit(GroupCommit.Work<T> work) {
    return transactions.commit(work);
  }

  /**
   * Throws {@link CatalogException} if the writer does not answer within 5 s.
   *
   * @param query returns a number
   */
  public void check(String query) {
    transactions.probe(
        session -> {
          session.number(query);
          return null;
        },
        PROBE_SECONDS,
        TimeUnit.SECONDS);
  }

  /** As {@link GroupCommit#status}. */
  public WriterStatus status() {
    return transactions.status();
  }

  /** Closes the database, and then releases the lock that protects it. */
  @Override
  public void close() {
    transactions.close();
    lock.close();
  }
}
