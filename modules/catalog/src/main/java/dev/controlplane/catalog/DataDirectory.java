package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The directory that the servers of one control plane share: {@code catalog.db} (written by
 * upload-server), {@code consumers.db} (written by grpc-server) and {@code blobs/}.
 */
public final class DataDirectory {
  /** Every name that this program gives in a data directory, and that of a fresh file system. */
  private static final Pattern OURS =
      Pattern.compile(
          "(catalog|consumers)\\.(lock|db(-wal|-shm|-new(-journal|-wal|-shm)?)?)"
              + "|catalog\\.commits|blobs|lost\\+found");

  private DataDirectory() {}

  /**
   * Opens the catalog to write, making it in an empty or missing directory. Leftovers of a killed
   * upload are removed.
   *
   * @throws CatalogException in one clear sentence: not a directory, not writable, made by a newer
   *     release, not empty and without a catalog, held by another process
   */
  public static Catalog openCatalog(Path path) {
    return openCatalog(path, _ -> {});
  }

  /**
   * As {@link #openCatalog(Path)}.
   *
   * @param onWriterDeath told if the writer's thread ends though the catalog was not closed, and
   *     why; nothing can be written from then on
   */
  public static Catalog openCatalog(Path path, Consumer<Throwable> onWriterDeath) {
    Path directory = path.toAbsolutePath();
    WriterLock lock = null;
    Catalog catalog = null;
    boolean opened = false;
    try {
      lock = lock(directory, Schema.CATALOG);
      // Before the database: where that is, readers find the signal.
      CommitSignal signal = CommitSignal.toWrite(directory);
      Revisions revisions = new Revisions();
      LogClock clock = new LogClock(InstantSource.system());
      GroupCommit writer =
          writer(directory, Schema.CATALOG, companion(revisions, signal), onWriterDeath);
      SqlCatalogReader reader = new SqlCatalogReader(directory);
      catalog = new SqlCatalog(lock, writer, revisions, reader, clock);
      beginEpoch(writer, signal, clock);
      // Makes a reader's connection, which is to be the last one closed. Waits as long as it takes.
      catalog.head();
      BlobFiles.sweep(directory);
      opened = true;
      return catalog;
    } catch (IOException | RuntimeException e) {
      throw failed(e, directory);
    } finally {
      if (!opened) {
        closeAll(catalog, lock);
      }
    }
  }

  /**
   * Opens the catalog to read; errors as {@link #openCatalog(Path)}. A directory that is missing,
   * or empty and without a catalog, is no error here: reads throw {@link
   * CatalogUnavailableException} until a catalog is there.
   */
  public static CatalogReader openReader(Path path) {
    Path directory = path.toAbsolutePath();
    SqlCatalogReader reader = new SqlCatalogReader(directory);
    boolean opened = false;
    try {
      requireOurs(directory);
      if (!isAbsent(Schema.CATALOG.in(directory))) {
        reader.head();
      }
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        reader.close();
      }
    }
  }

  private static boolean isAbsent(Path file) {
    return Files.notExists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Why a database that can't be looked at is not there. */
  static CatalogException absent(Path directory, Path file) {
    requireOurs(directory);
    try {
      Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return new CatalogUnavailableException(
          "there is no %s; expected the data directory of this control plane: mount it, restore it"
                  .formatted(file)
              + " from a backup, or correct STORAGE_PATH",
          e);
    } catch (IOException e) {
      return StorageErrors.of(e, "read", file);
    }
    return new CatalogUnavailableException(file + " has just come; try again");
  }

  /**
   * Opens the blobs, to read, or to write where nobody minds that an upload which becomes no
   * version stays on disk.
   */
  public static BlobStore openBlobs(Path path) {
    Path directory = path.toAbsolutePath();
    requireOurs(directory);
    return new FileBlobStore(directory, BlobReferences.ALL);
  }

  /**
   * Opens the blobs for the process that writes the catalog. When an {@link BlobStore.Upload} is
   * closed, its blob is removed if no version has come to refer to it: publish before closing.
   */
  public static CatalogBlobs openBlobs(Path path, Catalog catalog) {
    Path directory = path.toAbsolutePath();
    requireOurs(directory);
    return new FileBlobStore(
        directory,
        new BlobReferences() {
          @Override
          public Optional<Instant> unreferencedSince(Digest digest) {
            return catalog.unreferencedSince(digest);
          }

          @Override
          public void collected(Instant before) {
            catalog.collected(before);
          }
        });
  }

  /** Opens the consumers to write; errors as {@link #openCatalog(Path)}. */
  public static Consumers openConsumers(Path path) {
    return openConsumers(path, _ -> {});
  }

  /** As {@link #openConsumers(Path)}; {@code onWriterDeath} as for the catalog. */
  public static Consumers openConsumers(Path path, Consumer<Throwable> onWriterDeath) {
    Path directory = path.toAbsolutePath();
    WriterLock lock = null;
    Consumers consumers = null;
    boolean opened = false;
    try {
      lock = lock(directory, Schema.CONSUMERS);
      GroupCommit writer = writer(directory, Schema.CONSUMERS, _ -> {}, onWriterDeath);
      consumers = new SqlConsumers(lock, writer, directory);
      consumers.list(1, null);
      opened = true;
      return consumers;
    } catch (IOException | RuntimeException e) {
      throw failed(e, directory);
    } finally {
      if (!opened) {
        closeAll(consumers, lock);
      }
    }
  }

  private static GroupCommit.Companion companion(Revisions revisions, CommitSignal signal) {
    return new GroupCommit.Companion() {
      @Override
      public void begin() {
        revisions.begin();
      }

      @Override
      public void beforeCommit(Session session) throws SQLException {
        revisions.store(session);
      }

      @Override
      public void committed(Session session) {
        try {
          signal.advance(SqlCatalogReader.log(session));
        } catch (SQLException | CatalogException e) {
          // What was committed stands; that the note lags behind it does no harm.
          signal.advance();
        }
      }
    };
  }

  /** Where the log went back, what was said of its revisions counts no more. */
  private static void beginEpoch(GroupCommit writer, CommitSignal signal, LogClock clock) {
    writer.commit(
        session -> {
          clock.next(session); // Corrects the times of a clock that was ahead.
          LogState log = SqlCatalogReader.log(session);
          LogState noted = signal.noted(log.id());
          if (log.head() < noted.head() || log.epoch() < noted.epoch()) {
            session.change("UPDATE meta SET epoch = ?", Math.max(log.epoch(), noted.epoch()) + 1);
          }
          return null;
        });
  }

  /** Looks before it touches anything: what is there may be somebody else's. */
  private static WriterLock lock(Path directory, Schema schema) throws IOException {
    requireOurs(directory);
    Path file = schema.in(directory);
    if (Files.exists(file)) {
      try (Session session = Session.toRead(file)) {
        schema.verify(session);
      } catch (SQLException e) {
        throw StorageErrors.of(e, file);
      }
    }
    Directories.make(directory);
    return WriterLock.take(directory, schema);
  }

  private static GroupCommit writer(
      Path directory, Schema schema, GroupCommit.Companion companion, Consumer<Throwable> onDeath)
      throws IOException {
    schema.create(directory);
    Path file = schema.in(directory);
    try {
      Session session = Session.toWrite(file);
      boolean opened = false;
      try {
        // The log may have been made by a reader, and then SQLite does not make its name durable.
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

  private static void closeAll(AutoCloseable opened, WriterLock lock) {
    try (lock;
        opened) {
      // Each that is there, in order.
    } catch (Exception e) {
      // Why it could not be opened is what counts.
    }
  }

  private static CatalogException failed(Exception e, Path directory) {
    return switch (e) {
      case CatalogException known -> known;
      case IOException io -> StorageErrors.of(io, "use the data directory", directory);
      default -> new CatalogException("can't use the data directory " + directory + ": " + e, e);
    };
  }

  /** Throws {@link CatalogException} for what can't become, or isn't, a data directory. */
  static void requireOurs(Path directory) {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new CatalogException(
          directory + " is not a directory; expected the data directory, or nothing there yet");
    }
    if (Files.exists(Schema.CATALOG.in(directory))) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!OURS.matcher(name).matches()) {
          throw new CatalogException(
              "%s is not empty (it has %s) and has no catalog; choose an empty directory, or that of"
                      .formatted(directory, name)
                  + " an earlier start");
        }
      }
    } catch (NoSuchFileException e) {
      // Gone in between: as good as missing.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read the data directory", directory);
    }
  }
}
