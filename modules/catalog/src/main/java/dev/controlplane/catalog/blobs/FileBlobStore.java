package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.CatalogBlobs;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.files.Directories;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Stores blobs as files in the layout of {@link BlobFiles}.
 *
 * <p>A committed upload holds a lease on its blob until it is closed. When the last lease is
 * returned and no version references the blob, the blob is removed. {@link BlobCollection} removes
 * blobs that become unreferenced later.
 */
public final class FileBlobStore implements CatalogBlobs {
  private final Path directory;
  private final BlobFiles files;
  private final BlobLeases leases = new BlobLeases();
  private final StoredChecksums checksums = new StoredChecksums();
  private final BlobReferences references;
  private final Runnable requireCatalog;

  /**
   * Creates a store whose files are below {@code blobs} in the directory.
   *
   * @param references tells which blobs are referenced; others may be removed
   */
  public FileBlobStore(Path directory, BlobReferences references) {
    this(directory, references, null);
  }

  /**
   * As {@link #FileBlobStore(Path, BlobReferences)}.
   *
   * @param requireCatalog throws if the catalog is gone; uploads are then rejected, because
   *     whatever took the place of the data directory is not ours to write to. Null for a store
   *     without a catalog, which creates its data directory itself.
   */
  public FileBlobStore(Path directory, BlobReferences references, Runnable requireCatalog) {
    this.requireCatalog = requireCatalog;
    this.directory = directory;
    this.files = new BlobFiles(directory);
    this.references = references;
  }

  BlobFiles files() {
    return files;
  }

  BlobLeases leases() {
    return leases;
  }

  @Override
  public Upload receive() {
    if (requireCatalog != null) {
      requireCatalog.run();
    }
    try {
      try {
        return new FileUpload(this);
      } catch (FileSystemException e) {
        // Tried again even if the directory exists by now: several first uploads may arrive
        // together.
        if (requireCatalog == null) {
          Directories.make(directory);
        }
        Directories.makeBelow(directory, files.incoming());
        return new FileUpload(this);
      }
    } catch (IOException e) {
      throw StorageErrors.of(e, "receive a file into", files.incoming());
    }
  }

  @Override
  public Blob open(Digest digest) {
    Path file = files.fileOf(digest);
    FileChannel channel = null;
    boolean opened = false;
    try {
      ChunkChecksums sums = checksums.of(digest, file);
      channel = FileChannel.open(file, StandardOpenOption.READ);
      if (channel.size() != sums.size()) {
        throw BlobDamage.of(
            digest, "is %d bytes long, not %d".formatted(channel.size(), sums.size()), null);
      }
      opened = true;
      return new FileBlob(digest, file, channel, sums);
    } catch (IOException e) {
      throw BlobDamage.of(e, digest, file);
    } finally {
      if (channel != null && !opened) {
        closeQuietly(channel);
      }
    }
  }

  /**
   * Returns a lease. With the last lease, an unreferenced blob is removed.
   *
   * @param kept whether a version is known to reference the blob; {@link #collect} removes it later
   *     if that version is deleted meanwhile
   */
  void release(Digest digest, boolean kept) {
    leases.giveBack(
        digest,
        () -> {
          if (!kept && references.unreferencedSince(digest).isPresent()) {
            BlobFiles.remove(files.fileOf(digest));
          }
        });
  }

  @Override
  public Collected collect(Instant before, boolean dryRun) {
    Collected collected =
        new BlobCollection(files, leases, references, before, dryRun, InstantSource.system()).run();
    if (!dryRun) {
      references.collected(before);
    }
    return collected;
  }

  @Override
  public void check() {
    try (Upload probe = receive()) {
      probe.write(new byte[ChunkChecksums.CHUNK], 0, ChunkChecksums.CHUNK);
      ((FileUpload) probe).force();
    }
  }

  @Override
  public void checkReadable() {
    Contents.requireOurs(directory);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.root())) {
      var _ = entries.iterator().hasNext();
    } catch (NoSuchFileException e) {
      // There are no blobs yet.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read", files.root());
    }
  }

  static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The channel was only read, or its upload failed.
    }
  }
}
