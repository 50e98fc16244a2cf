package dev.controlplane.catalog;

import dev.controlplane.catalog.blobs.BlobFiles;
import dev.controlplane.catalog.blobs.BlobReferences;
import dev.controlplane.catalog.blobs.FileBlobStore;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.database.WritableDatabase;
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
 * The directory that the servers of one control plane share: {@code catalog.db} (written by
 * upload-server), {@code consumers.db} (written by grpc-server) and {@code blobs/}.
 */
public final class DataDirectory {
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
    SqlCatalog catalog = null;
    boolean opened = false;
    try {
      catalog = SqlCatalog.open(directory, onWriterDeath);
      // Makes a reader's connection, which is to be the last one closed. Waits as long as it takes.
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
   * Opens the catalog to read; errors as {@link #openCatalog(Path)}. A directory that is missing,
   * or empty and without a catalog, is no error here: reads throw {@link
   * CatalogUnavailableException} until a catalog is there.
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

  /**
   * Opens the blobs, to read, or to write where nobody minds that an upload which becomes no
   * version stays on disk.
   */
  public static BlobStore openBlobs(Path path) {
    Path directory = path.toAbsolutePath();
    Contents.requireOurs(directory);
    return new FileBlobStore(directory, BlobReferences.ALL);
  }

  /**
   * Opens the blobs for the process that writes the catalog. When an {@link BlobStore.Upload} is
   * closed, its blob is removed if no version has come to refer to it: publish before closing.
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

  /** Opens the consumers to write; errors as {@link #openCatalog(Path)}. */
  public static Consumers openConsumers(Path path) {
    return openConsumers(path, _ -> {});
  }

  /** As {@link #openConsumers(Path)}; {@code onWriterDeath} as for the catalog. */
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
   * Opens the consumers as soon as there is a catalog beside them, and until then makes nothing:
   * calls throw {@link CatalogUnavailableException}. The same while {@code consumers.db} is gone.
   *
   * @throws CatalogException as {@link #openConsumers(Path)}, where there is a catalog now
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
      // If it is there.
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
}
