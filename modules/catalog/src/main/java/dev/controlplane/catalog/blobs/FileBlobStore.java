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
 * Blobs as files, laid out as {@link BlobFiles} says.
 *
 * <p>An upload that has been committed holds a lease on its blob until it is closed. When the last
 * lease on a blob is given back and no version references the blob, the blob is removed. {@link
 * BlobCollection} removes the others.
 */
public final class FileBlobStore implements CatalogBlobs {
  private final Path directory;
  private final BlobFiles files;
  private final BlobLeases leases = new BlobLeases();
  private final StoredChecksums checksums = new StoredChecksums();
  private final BlobReferences references;
  private final Runnable requireCatalog;

  /**
   * Files below {@code blobs} in the directory.
   *
   * @param references what refers to blobs; one that nothing refers to may be removed
   */
  public FileBlobStore(Path directory, BlobReferences references) {
    this(directory, references, null);
  }

  /**
   * As {@link #FileBlobStore(Path, BlobReferences)}.
   *
   * @param requireCatalog throws if the catalog is gone: nothing is received then, for what has
   *     come in the place of the data directory is not ours to write to; null for a store without a
   *     catalog, which makes its data directory itself
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
        // Also where it is there by now: the first uploads may come together.
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
   * Gives a lease back; with the last one goes a blob that nothing refers to.
   *
   * @param kept whether it is known that a version does; {@link #collect} judges it if that is
   *     deleted meanwhile
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
      // No blob yet.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read", files.root());
    }
  }

  static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was promised of it.
    }
  }
}
