package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.CatalogBlobs.Collected;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One run of the garbage collection of blobs.
 *
 * <p>Invariant: a blob is removed only if it has no lease and no version references it. Both are
 * checked while holding the blob's lock, under which uploads take their leases and move their files
 * into place. An upload of the same bytes therefore happens either before the check, and then has a
 * lease or a version, or after it, and then finds no blob and stores its own.
 */
final class BlobCollection {
  /** A file whose time is further in the future than this was stored while the clock was wrong. */
  private static final Duration AHEAD = Duration.ofMinutes(5);

  private final BlobFiles files;
  private final BlobLeases leases;
  private final BlobReferences references;
  private final Instant before;
  private final boolean dryRun;
  private final InstantSource clock;
  private final List<Digest> digests = new ArrayList<>();
  private long examined;
  private long removed;
  private long bytes;

  /**
   * @param before blobs stored, or last referenced, at or after this time are kept
   */
  BlobCollection(
      BlobFiles files,
      BlobLeases leases,
      BlobReferences references,
      Instant before,
      boolean dryRun,
      InstantSource clock) {
    this.files = files;
    this.leases = leases;
    this.references = references;
    this.before = before;
    this.dryRun = dryRun;
    this.clock = clock;
  }

  Collected run() {
    Path root = files.root();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path shelf : entries) {
        add(shelf);
      }
    } catch (NoSuchFileException e) {
      // There are no blobs yet.
    } catch (DirectoryIteratorException e) {
      throw StorageErrors.of(e.getCause(), "collect", root);
    } catch (IOException e) {
      throw StorageErrors.of(e, "collect", root);
    }
    return new Collected(examined, removed, bytes, digests);
  }

  private void add(Path shelf) throws IOException {
    for (Digest digest : BlobFiles.on(shelf)) {
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new CatalogException("interrupted while collecting " + shelf);
      }
      examined++;
      // Checked first without the lock, so that no upload waits while most blobs turn out to be
      // referenced.
      if (isOld(files.fileOf(digest)) && isGarbage(digest)) {
        judge(digest);
      }
    }
  }

  private boolean isGarbage(Digest digest) {
    Optional<Instant> since = references.unreferencedSince(digest);
    return since.isPresent() && since.get().isBefore(before);
  }

  private void judge(Digest digest) throws IOException {
    ReentrantLock lock = leases.lockOf(digest);
    lock.lock();
    try {
      Path file = files.fileOf(digest);
      if (leases.has(digest) || !isGarbage(digest) || !isOld(file)) {
        return;
      }
      long size = size(file) + size(BlobFiles.sidecarOf(file));
      if (!dryRun) {
        BlobFiles.remove(file);
      }
      removed++;
      bytes += size;
      if (digests.size() < Collected.MAX_DIGESTS) {
        digests.add(digest);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a blob is old enough, judged by its file, or by its checksums if the file is missing.
   */
  private boolean isOld(Path file) throws IOException {
    for (Path either : List.of(file, BlobFiles.sidecarOf(file))) {
      try {
        Instant stored = Files.getLastModifiedTime(either).toInstant();
        if (stored.isBefore(before)) {
          return true;
        }
        Instant now = clock.instant();
        if (!dryRun && stored.isAfter(now.plus(AHEAD))) {
          // Its age counts from now. Otherwise it would stay until the clock reaches that time.
          Files.setLastModifiedTime(either, FileTime.from(now));
        }
        return false;
      } catch (NoSuchFileException e) {
        // Use the other file's time.
      }
    }
    return false;
  }

  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
