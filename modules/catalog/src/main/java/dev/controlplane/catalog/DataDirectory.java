package dev.controlplane.catalog;

import dev.controlplane.catalog.blobs.BlobFiles;
import dev.controlplane.catalog.blobs.BlobReferences;
import dev.controlplane.catalog.blobs.FileBlobStore;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.database.WritableDatabase;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.StorageErrors;
import dev.controlplane.catalog.sql.AwaitedConsumers;
import dev.controlplane.catalog.sql.SqlCatalog;
import dev.controlplane.catalog.sql.SqlCatalogReader;
import dev.controlplane.catalog.sql.SqlConsumers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Opens the parts of the data directory that the servers of one control plane share: {@code
 * catalog.db} (written by upload-server), {@code consumers.db} (written by grpc-server) and {@code
 * blobs/}.
 */
public final class DataDirectory {
  private DataDirectory() {}

  /**
   * Opens the catalog for writing. Creates it if the directory is empty or missing, and removes
   * leftovers of killed uploads.
   *
   * @throws CatalogException with a message for the operator, if the path is not a directory, is
   *     not writable, belongs to a newer release, is not empty and has no catalog, or is in use by
   *     another process
   */
  public static Catalog openCatalog(Path path) {
    return openCatalog(path, _ -> {});
  }

  /**
   * As {@link #openCatalog(Path)}.
   *
   * @param onWriterDeath receives the cause if the writer's thread ends although the catalog was
   *     not closed; nothing can be written after that
   */
  public static Catalog openCatalog(Path path, Consumer<Throwable> onWriterDeath) {
    Path directory = path.toAbsolutePath();
    SqlCatalog catalog = null;
    boolean opened = false;
    try {
      catalog = SqlCatalog.open(directory, onWriterDeath);
      // Opens a reader's connection, which must be the last one closed. It may take long.
      catalog.head();
      BlobFiles.sweep(directory);
      opened = true;
      return catalog;
    } catch (IOException | RuntimeException e) {
      throw failed(e, directory);
    } finally {
      if (!opened) {
        closeAll(catalog);
      }
    }
  }

  /**
   * Opens the catalog for reading. Errors as for {@link #openCatalog(Path)}, except that the
   * directory may be missing or empty: reads then throw {@link CatalogUnavailableException} until a
   * catalog appears.
   */
  public static CatalogReader openReader(Path path) {
    Path directory = path.toAbsolutePath();
    SqlCatalogReader reader = new SqlCatalogReader(directory);
    boolean opened = false;
    try {
      Contents.requireOurs(directory);
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

  /** Opens the blobs for reading, or for uploads whose unused blobs may stay on disk. */
  public static BlobStore openBlobs(Path path) {
    Path directory = path.toAbsolutePath();
    Contents.requireOurs(directory);
    return new FileBlobStore(directory, BlobReferences.ALL);
  }

  /**
   * Opens the blobs for the process that writes the catalog. Closing an {@link BlobStore.Upload}
   * removes its blob if no version references it, so publish before closing.
   */
  public static CatalogBlobs openBlobs(Path path, Catalog catalog) {
    Path directory = path.toAbsolutePath();
    Contents.requireOurs(directory);
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
        },
        catalog::log);
  }

  /** Opens the consumers for writing. Errors as for {@link #openCatalog(Path)}. */
  public static Consumers openConsumers(Path path) {
    return openConsumers(path, _ -> {});
  }

  /** As {@link #openConsumers(Path)}. {@code onWriterDeath} as for the catalog. */
  public static Consumers openConsumers(Path path, Consumer<Throwable> onWriterDeath) {
    Path directory = path.toAbsolutePath();
    Consumers consumers = null;
    boolean opened = false;
    try {
      consumers =
          new SqlConsumers(
              directory,
              WritableDatabase.open(directory, Schema.CONSUMERS, _ -> {}, onWriterDeath));
      consumers.list(1, null);
      opened = true;
      return consumers;
    } catch (IOException | RuntimeException e) {
      throw failed(e, directory);
    } finally {
      if (!opened) {
        closeAll(consumers);
      }
    }
  }

  /**
   * Opens the consumers as soon as there is a catalog beside them. Until then nothing is created,
   * and calls throw {@link CatalogUnavailableException}. The same applies while {@code
   * consumers.db} is missing.
   *
   * @throws CatalogException as {@link #openConsumers(Path)}, if there is a catalog now
   */
  public static Consumers awaitConsumers(Path path, Consumer<Throwable> onWriterDeath) {
    Path directory = path.toAbsolutePath();
    Contents.requireOurs(directory);
    AwaitedConsumers consumers = new AwaitedConsumers(directory, onWriterDeath);
    if (!isAbsent(Schema.CATALOG.in(directory))) {
      try {
        consumers.openAtStart();
      } catch (IOException e) {
        throw failed(e, directory);
      }
    }
    return consumers;
  }

  private static void closeAll(AutoCloseable opened) {
    try (opened) {
      // Closes it, if it is not null.
    } catch (Exception e) {
      // The caller throws the error that opening caused; it matters more than this one.
    }
  }

  private static CatalogException failed(Exception e, Path directory) {
    return switch (e) {
      case CatalogException known -> known;
      case IOException io -> StorageErrors.of(io, "use the data directory", directory);
      default -> new CatalogException("can't use the data directory " + directory + ": " + e, e);
    };
  }
}
