package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.Directories;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The layout of blobs on disk. A blob is the file {@code blobs/sha256/ab/abcd…}; if it is larger
 * than one chunk, its {@link ChunkChecksums} are in a file beside it (the sidecar). Uploads in
 * progress are in {@code blobs/tmp}, on the same file system. The 256 directories below {@code
 * sha256} are called shelves here.
 */
public final class BlobFiles {
  private static final String SIDECAR = ".crc32c";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  private final Path directory;
  private final Path blobs;

  /** Shelves whose directory entries this process has made durable. */
  private final Set<Path> shelves = ConcurrentHashMap.newKeySet();

  BlobFiles(Path directory) {
    this.directory = directory;
    this.blobs = directory.resolve("blobs");
    if (Files.exists(blobs) && !Files.isDirectory(blobs)) {
      throw new CatalogException(blobs + " is not a directory; expected that of the blobs");
    }
  }

  /**
   * Removes the leftovers of killed uploads. Only for the process that holds the catalog's lock.
   */
  public static void sweep(Path directory) throws IOException {
    BlobFiles files = new BlobFiles(directory);
    // The process that created these directories may have been killed before they were durable.
    for (Path made = files.root(); !made.equals(directory); made = made.getParent()) {
      if (Files.exists(made)) {
        Directories.sync(made.getParent());
      }
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.incoming())) {
      for (Path entry : entries) {
        if (!Contents.isForeign(entry)) {
          deleteUnlessFull(entry);
        }
      }
    } catch (NoSuchFileException e) {
      // There was no upload yet.
    }
  }

  /** Deletes an entry unless it is a directory with content, which this program did not create. */
  private static void deleteUnlessFull(Path entry) throws IOException {
    try {
      Files.deleteIfExists(entry);
    } catch (DirectoryNotEmptyException e) {
      // It does no harm.
    }
  }

  /** The directory that contains the shelves. */
  Path root() {
    return blobs.resolve("sha256");
  }

  /** The directory of uploads in progress. */
  Path incoming() {
    return blobs.resolve("tmp");
  }

  /** The permissions of a new file here. */
  FileAttribute<Set<PosixFilePermission>> forNewFile() throws IOException {
    return Directories.forFileIn(directory);
  }

  Path fileOf(Digest digest) {
    String hex = digest.hex();
    return root().resolve(hex.substring(0, 2)).resolve(hex);
  }

  static Path sidecarOf(Path blob) {
    return blob.resolveSibling(blob.getFileName() + SIDECAR);
  }

  /** Creates a blob's shelf, durably. */
  void prepare(Path file) throws IOException {
    Path shelf = file.getParent();
    if (shelves.contains(shelf) && Files.isDirectory(shelf)) {
      return;
    }
    Directories.makeBelow(directory, shelf);
    // Always synced: another process that created the shelf may not have synced it yet.
    Directories.sync(shelf.getParent());
    shelves.add(shelf);
  }

  /** Moves a file to its place on the shelf, replacing what is there. */
  void shelve(Path part, Path file) throws IOException {
    makeWay(file);
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      shelves.remove(file.getParent());
      prepare(file);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Removes a directory at the file's place. Renaming can't replace a directory, and a repaired
   * file system may have left one.
   */
  private static void makeWay(Path file) throws IOException {
    if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.deleteIfExists(file);
    } catch (DirectoryNotEmptyException e) {
      Path aside = file.resolveSibling(file.getFileName() + ".not-a-blob-" + UUID.randomUUID());
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Removes a blob. The blob's file goes first: checksums alone are no blob. */
  static void remove(Path file) throws IOException {
    makeWay(file);
    Files.deleteIfExists(file);
    Path sidecar = sidecarOf(file);
    makeWay(sidecar);
    Files.deleteIfExists(sidecar);
  }

  /**
   * The blobs on a shelf, including those of which only the checksums are left. Other files are
   * ignored.
   */
  static Set<Digest> on(Path shelf) throws IOException {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(shelf)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        String hex =
            name.endsWith(SIDECAR) ? name.substring(0, name.length() - SIDECAR.length()) : name;
        if (HEX.matcher(hex).matches() && hex.startsWith(shelf.getFileName().toString())) {
          names.add(hex);
        }
      }
    }
    Set<Digest> digests = new LinkedHashSet<>();
    names.forEach(hex -> digests.add(new Digest(hex)));
    return digests;
  }
}
