package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.catalog.failures.StorageFullException;
import java.io.Closeable;
import java.io.IOException;

/**
 * Stores immutable byte sequences (blobs) under their digest. Each chunk's CRC-32C is computed at
 * upload and checked at every read, so damage on disk is detected even if no timestamp changed.
 */
public interface BlobStore {
  /**
   * Starts an upload. The caller must close it in every case; an upload that was not committed
   * leaves nothing behind.
   *
   * @throws StorageFullException if there is no room
   */
  Upload receive();

  /**
   * Opens a stored blob.
   *
   * @throws DamagedBlobException if it is missing, or its size differs from the stored one
   */
  Blob open(Digest digest);

  /**
   * Checks that blobs can be stored now, by writing one. Throws {@link CatalogException} with the
   * reason if not.
   */
  void check();

  /** Checks that blobs can be read now. Throws {@link CatalogException} with the reason if not. */
  void checkReadable();

  /** An upload in progress. Not thread-safe. */
  interface Upload extends Closeable {
    /**
     * Writes and hashes bytes.
     *
     * @throws StorageFullException if there is no room
     */
    void write(byte[] bytes, int offset, int length);

    /** The number of bytes written so far. */
    long size();

    /**
     * Makes the blob durable under its digest (fsync, rename, fsync of the directory). If an intact
     * blob with this digest exists, it is kept; a damaged one is replaced.
     */
    StoredBlob commit();

    /**
     * Declares that a version references the committed blob, so {@link #close} keeps it without
     * asking the catalog.
     */
    void keep();

    @Override
    void close();
  }

  /** An open blob. Not thread-safe. */
  interface Blob extends Closeable {
    /** The length in bytes. */
    long size();

    /**
     * Reads bytes from a position, after verifying the checksums of their chunks.
     *
     * @return the number of bytes read: at least 1 and at most {@code length}; -1 at the end
     * @throws DamagedBlobException before any byte of a damaged chunk is returned
     */
    int read(long position, byte[] into, int offset, int length) throws IOException;

    @Override
    void close() throws IOException;
  }
}
