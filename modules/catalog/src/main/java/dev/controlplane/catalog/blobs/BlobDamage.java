package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Distinguishes a damaged blob from a blob store that can't be read at all. */
final class BlobDamage {
  private BlobDamage() {}

  static DamagedBlobException of(Digest digest, String how, Exception cause) {
    return new DamagedBlobException(
        "%s %s; upload the same bytes again to heal it".formatted(digest, how), cause);
  }

  /**
   * Translates a failure to open or read one blob's file.
   *
   * <p>It is damage of this blob if a sector is unreadable, if the file is missing, is a directory,
   * or has the wrong permissions. It is a failure of the store, and no blob is lost, if the thread
   * was interrupted, the process has no file descriptors left, or the directory of all blobs is
   * unreadable, as when a volume is not mounted.
   */
  static CatalogException of(IOException e, Digest digest, Path file) {
    Path root = file.getParent().getParent();
    String reason = String.valueOf(e.getMessage());
    if (e instanceof ClosedChannelException
        || reason.contains("Too many open files")
        || !Files.isReadable(root)
        || !Files.isDirectory(root)) {
      return StorageErrors.of(e, "open", file);
    }
    return of(
        digest,
        switch (e) {
          case NoSuchFileException gone -> "is missing on disk";
          case AccessDeniedException denied ->
              "can't be read, for its file's permissions don't allow it";
          default -> "can't be read from the disk";
        },
        e);
  }
}
