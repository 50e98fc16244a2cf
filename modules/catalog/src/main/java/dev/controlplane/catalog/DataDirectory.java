package dev.controlplane.catalog;

import java.nio.file.Path;

/**
 * The directory that the servers of one control plane share: {@code catalog.db} (written by
 * upload-server), {@code consumers.db} (written by grpc-server) and {@code blobs/}.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class DataDirectory {
  private DataDirectory() {}

  /**
   * Opens the catalog to write, making it in an empty or missing directory. Leftovers of a killed
   * upload are removed.
   *
   * @throws CatalogException in one clear sentence: not a directory, not writable, made by a newer
   *     release, not empty and without a catalog, held by another process
   */
  public static Catalog openCatalog(Path directory) {
    throw new UnsupportedOperationException(directory.toString());
  }

  /** Opens the catalog to read; errors as {@link #openCatalog}. */
  public static CatalogReader openReader(Path directory) {
    throw new UnsupportedOperationException(directory.toString());
  }

  /** Opens the blobs. */
  public static BlobStore openBlobs(Path directory) {
    throw new UnsupportedOperationException(directory.toString());
  }

  /** Opens the consumers to write; errors as {@link #openCatalog}. */
  public static Consumers openConsumers(Path directory) {
    throw new UnsupportedOperationException(directory.toString());
  }
}
