package dev.controlplane.catalog;

import java.io.Closeable;
import java.io.IOException;

/**
 * Immutable byte sequences named by their digest. A CRC-32C of each chunk, taken at upload, is
 * checked whenever bytes are read, so damage on disk is noticed whatever the time stamps say.
 */
public interface BlobStore {
  /**
   * Starts to receive a blob. Close it in every case: what was not committed leaves nothing behind.
   *
   * @throws StorageFullException if there is no room
   */
  Upload receive();

  /**
   * Opens a stored blob.
   *
   * @throws DamagedBlobException if it is not there, or not of the size it was stored with
   */
  Blob open(Digest digest);

  /** Throws {@link CatalogException} with the reason if blobs can't be stored now; it tries. */
  void check();

  /** Throws {@link CatalogException} with the reason if blobs can't be read now. */
  void checkReadable();

  /** A blob on its way in; used by one thread. */
  interface Upload extends Closeable {
    /**
     * Takes bytes: hashes them and passes them to the disk.
     *
     * @throws StorageFullException if there is no room
     */
    void write(byte[] bytes, int offset, int length);

    /** How many bytes were taken. */
    long size();

    /**
     * Makes the blob durable under its digest: fsync, rename, fsync of the directory. A blob that
     * is there already is kept if it is whole, else replaced.
     */
    StoredBlob commit();

    /**
     * A version refers to the committed blob: {@link #close} lets it stay and need not ask the
     * catalog.
     */
    void keep();

    @Override
    void close();
  }

  /** An open blob; used by one thread at a time. */
  interface Blob extends Closeable {
    /** Length in bytes. */
    long size();

    /**
     * Reads bytes from a position after their chunks' checksums have been verified.
     *
     * @return how many were read: at least 1, at most {@code length}; -1 at the end
     * @throws DamagedBlobException before any byte of a damaged chunk is handed out
     */
    int read(long position, byte[] into, int offset, int length) throws IOException;

    @Override
    void close() throws IOException;
  }
}
