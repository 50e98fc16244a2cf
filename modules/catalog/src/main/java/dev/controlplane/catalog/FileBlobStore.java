package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Blobs as files, {@code blobs/sha256/ab/abcd…}, each of more than a chunk with its {@link
 * ChunkChecksums} beside it. A smaller one is read whole when it is opened first, and checked
 * against its digest: a second file, with an fsync of its own, would cost more than the first. What
 * is being received lies in {@code blobs/tmp}, on the same file system.
 *
 * <p>An upload that has been committed holds a lease on its blob until it is closed. With the last
 * lease on a blob to which nothing refers goes the blob.
 *
 * <p>A collection judges each blob under the lock under which uploads place theirs and take leases:
 * no lease, no version. An upload of the same bytes is before that, and then holds a lease or has
 * become a version; or after it, and then finds nothing and places its own. The blob goes before
 * its checksums: those alone are no blob, and the next collection takes them.
 */
final class FileBlobStore implements CatalogBlobs {
  /** Checksums are kept in memory up to this many bytes; they say the same as long as it runs. */
  private static final long MAX_CACHED = 4 * 1024 * 1024;

  private static final int MAX_SIDECAR = 256 * 1024 * 1024;
  private static final String SIDECAR = ".crc32c";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /** Enough that two uploads seldom share one. */
  private static final int LOCKS = 64;

  private final Path directory;
  private final Path blobs;
  private final Predicate<Digest> referred;
  private final Runnable requireCatalog;
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];
  private final Map<Digest, Integer> leases = new ConcurrentHashMap<>();
  private final Map<Digest, ChunkChecksums> checksums = new ConcurrentHashMap<>();
  private final AtomicLong cached = new AtomicLong();

  /** Directories of blobs whose names this process has made durable. */
  private final Set<Path> shelves = ConcurrentHashMap.newKeySet();

  /**
   * Files below {@code blobs} in the directory.
   *
   * @param referred whether anything refers to a blob; one of which this is false may be removed
   */
  FileBlobStore(Path directory, Predicate<Digest> referred) {
    this(directory, referred, null);
  }

  /**
   * As {@link #FileBlobStore(Path, Predicate)}.
   *
   * @param requireCatalog throws if the catalog is gone: nothing is received then, for what has
   *     come in the place of the data directory is not ours to write to; null for a store without a
   *     catalog, which makes its data directory itself
   */
  FileBlobStore(Path directory, Predicate<Digest> referred, Runnable requireCatalog) {
    this.requireCatalog = requireCatalog;
    this.directory = directory;
    this.blobs = directory.resolve("blobs");
    this.referred = referred;
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
    if (Files.exists(blobs) && !Files.isDirectory(blobs)) {
      throw new CatalogException(blobs + " is not a directory; expected that of the blobs");
    }
  }

  /** Clears up after killed uploads; only for the process that holds the catalog's lock. */
  static void sweep(Path directory) throws IOException {
    // Who made these may have been killed before they were durable.
    for (Path made = directory.resolve("blobs").resolve("sha256");
        !made.equals(directory);
        made = made.getParent()) {
      if (Files.exists(made)) {
        Directories.sync(made.getParent());
      }
    }
    Path incoming = directory.resolve("blobs").resolve("tmp");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(incoming)) {
      for (Path entry : entries) {
        if (!DataDirectory.isForeign(entry)) {
          Files.deleteIfExists(entry);
        }
      }
    } catch (NoSuchFileException e) {
      // No upload yet.
    }
  }

  /** Who may read and write a new file here. */
  FileAttribute<Set<PosixFilePermission>> forNewFile() throws IOException {
    return Directories.forFileIn(directory);
  }

  Path incoming() {
    return blobs.resolve("tmp");
  }

  Path fileOf(Digest digest) {
    String hex = digest.hex();
    return blobs.resolve("sha256").resolve(hex.substring(0, 2)).resolve(hex);
  }

  /** Moves a file to where blobs lie; the name of its directory there is durable afterwards. */
  void shelve(Path part, Path file) throws IOException {
    Path shelf = file.getParent();
    if (shelves.contains(shelf)) {
      try {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException e) {
        shelves.remove(shelf);
      }
    }
    Directories.makeBelow(directory, shelf);
    // Also where another has made it, who may not have come to this yet.
    Directories.sync(shelf.getParent());
    shelves.add(shelf);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static Path sidecarOf(Path blob) {
    return blob.resolveSibling(blob.getFileName() + SIDECAR);
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
        Directories.makeBelow(directory, incoming());
        return new FileUpload(this);
      }
    } catch (IOException e) {
      throw StorageErrors.of(e, "receive a file into", incoming());
    }
  }

  @Override
  public Blob open(Digest digest) {
    Path file = fileOf(digest);
    FileChannel channel = null;
    boolean opened = false;
    try {
      ChunkChecksums sums = checksums(digest, file);
      channel = FileChannel.open(file, StandardOpenOption.READ);
      if (channel.size() != sums.size()) {
        throw damaged(
            digest, "is %d bytes long, not %d".formatted(channel.size(), sums.size()), null);
      }
      opened = true;
      return new FileBlob(digest, channel, sums);
    } catch (NoSuchFileException e) {
      throw damaged(digest, "is missing on disk", e);
    } catch (IOException e) {
      throw StorageErrors.of(e, "open", file);
    } finally {
      if (channel != null && !opened) {
        closeQuietly(channel);
      }
    }
  }

  static DamagedBlobException damaged(Digest digest, String how, Exception cause) {
    return new DamagedBlobException(
        "%s %s; upload the same bytes again to heal it".formatted(digest, how), cause);
  }

  private ChunkChecksums checksums(Digest digest, Path file) throws IOException {
    ChunkChecksums known = checksums.get(digest);
    if (known == null) {
      known = readChecksums(digest, file);
      if (cached.addAndGet(known.weight()) > MAX_CACHED) {
        checksums.clear();
        cached.set(known.weight());
      }
      checksums.put(digest, known);
    }
    return known;
  }

  private static ChunkChecksums readChecksums(Digest digest, Path file) throws IOException {
    if (Files.size(file) <= ChunkChecksums.CHUNK) {
      byte[] blob = Files.readAllBytes(file);
      if (!Digest.ofBytes(blob).equals(digest)) {
        throw damaged(digest, "is damaged on disk", null);
      }
      return ChunkChecksums.of(blob);
    }
    Path sidecar = sidecarOf(file);
    try {
      ChunkChecksums kept =
          Files.size(sidecar) > MAX_SIDECAR
              ? null
              : ChunkChecksums.decoded(Files.readAllBytes(sidecar), digest);
      if (kept == null) {
        throw damaged(digest, "has damaged checksums on disk", null);
      }
      return kept;
    } catch (NoSuchFileException e) {
      throw damaged(digest, "has no checksums on disk", e);
    }
  }

  /** The lock under which a blob's files come and go. */
  ReentrantLock lockOf(Digest digest) {
    return locks[Math.floorMod(digest.hashCode(), LOCKS)];
  }

  /** Called with the blob's lock held. */
  void lease(Digest digest) {
    leases.merge(digest, 1, Integer::sum);
  }

  /**
   * Gives a lease back; with the last one goes a blob that nothing refers to.
   *
   * @param kept whether it is known that a version does; {@link #collect} judges it if that is
   *     deleted meanwhile
   */
  void release(Digest digest, boolean kept) {
    boolean interrupted = Thread.interrupted(); // It must not keep the question from being asked.
    ReentrantLock lock = lockOf(digest);
    lock.lock();
    try {
      if (leases.merge(digest, -1, (a, b) -> a + b == 0 ? null : a + b) == null
          && !kept
          && !referred.test(digest)) {
        remove(fileOf(digest));
      }
    } catch (IOException | CatalogException e) {
      // A blob too many harms nobody.
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void remove(Path file) throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(sidecarOf(file));
  }

  @Override
  public Collected collect(Instant before, boolean dryRun) {
    Collection collection = new Collection(before, dryRun);
    Path root = blobs.resolve("sha256");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path shelf : entries) {
        collection.add(shelf);
      }
    } catch (NoSuchFileException e) {
      // No blob yet.
    } catch (IOException | DirectoryIteratorException e) {
      throw StorageErrors.of(
          e instanceof DirectoryIteratorException iteration
              ? iteration.getCause()
              : (IOException) e,
          "collect",
          root);
    }
    return collection.collected();
  }

  /** One collection on its way. */
  private final class Collection {
    private final Instant before;
    private final boolean dryRun;
    private final List<Digest> digests = new ArrayList<>();
    private long examined;
    private long removed;
    private long bytes;

    Collection(Instant before, boolean dryRun) {
      this.before = before;
      this.dryRun = dryRun;
    }

    void add(Path shelf) throws IOException {
      Set<String> names = new TreeSet<>();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(shelf)) {
        for (Path entry : entries) {
          String name = entry.getFileName().toString();
          // Checksums without their blob count as it; what else may be here is not ours.
          String hex =
              name.endsWith(SIDECAR) ? name.substring(0, name.length() - SIDECAR.length()) : name;
          if (HEX.matcher(hex).matches() && hex.startsWith(shelf.getFileName().toString())) {
            names.add(hex);
          }
        }
      }
      for (String hex : names) {
        if (Thread.interrupted()) {
          Thread.currentThread().interrupt();
          throw new CatalogException("interrupted while collecting " + shelf);
        }
        examined++;
        Digest digest = new Digest(hex);
        // Most are referred to: no upload has to wait while that is asked.
        if (isOld(fileOf(digest)) && !referred.test(digest)) {
          judge(digest);
        }
      }
    }

    private void judge(Digest digest) throws IOException {
      ReentrantLock lock = lockOf(digest);
      lock.lock();
      try {
        Path file = fileOf(digest);
        if (leases.containsKey(digest) || referred.test(digest) || !isOld(file)) {
          return;
        }
        long size = size(file) + size(sidecarOf(file));
        if (!dryRun) {
          remove(file);
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

    /** By the blob, or by its checksums where it is not there. */
    private boolean isOld(Path file) throws IOException {
      for (Path either : List.of(file, sidecarOf(file))) {
        try {
          return Files.getLastModifiedTime(either).toInstant().isBefore(before);
        } catch (NoSuchFileException e) {
          // By the other.
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

    Collected collected() {
      return new Collected(examined, removed, bytes, digests);
    }
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
    DataDirectory.requireOurs(directory);
    Path root = blobs.resolve("sha256");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      var _ = entries.iterator().hasNext();
    } catch (NoSuchFileException e) {
      // No blob yet.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read", root);
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
