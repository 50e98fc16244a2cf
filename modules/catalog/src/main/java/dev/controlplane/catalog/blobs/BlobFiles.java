package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.database.Contents;
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
 * Where blobs lie: {@code blobs/sha256/ab/abcd…}, each of more than a chunk with its {@link
 * ChunkChecksums} beside it, and what is being received in {@code blobs/tmp}, on the same file
 * system. The 256 directories below {@code sha256} are called shelves here.
 */
public final class BlobFiles {
  private static final String SIDECAR = ".crc32c";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  private final Path directory;
  private final Path blobs;

  /** Shelves whose names this process has made durable. */
  private final Set<Path> shelves = ConcurrentHashMap.newKeySet();

  BlobFiles(Path directory) {
    this.directory = directory;
    this.blobs = directory.resolve("blobs");
    if (Files.exists(blobs) && !Files.isDirectory(blobs)) {
      throw new CatalogException(blobs + " is not a directory; expected that of the blobs");
    }
  }

  /** Clears up after killed uploads; only for the process that holds the catalog's lock. */
  public static void sweep(Path directory) throws IOException {
    BlobFiles files = new BlobFiles(directory);
    // Who made these may have been killed before they were durable.
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
      // No upload yet.
    }
  }

  /** A directory with something in it is not ours and stays. */
  private static void deleteUnlessFull(Path entry) throws IOException {
    try {
      Files.deleteIfExists(entry);
    } catch (DirectoryNotEmptyException e) {
      // Harms nobody.
    }
  }

  /** The directory of the shelves. */
  Path root() {
    return blobs.resolve("sha256");
  }

  /** The directory of what is being received. */
  Path incoming() {
    return blobs.resolve("tmp");
  }

  /** Who may read and write a new file here. */
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

  /** Makes a blob's shelf, durably. */
  void prepare(Path file) throws IOException {
    Path shelf = file.getParent();
    if (shelves.contains(shelf) && Files.isDirectory(shelf)) {
      return;
    }
    Directories.makeBelow(directory, shelf);
    // Also where another has made it, who may not have come to this yet.
    Directories.sync(shelf.getParent());
    shelves.add(shelf);
  }

  /** Moves a file to its shelf, in the place of what is there. */
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

  /** A rename replaces a file, but not a directory: a repaired file system may leave one here. */
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

  /** The blob goes before its checksums: those alone are no blob. */
  static void remove(Path file) throws IOException {
    makeWay(file);
    Files.deleteIfExists(file);
    Path sidecar = sidecarOf(file);
    makeWay(sidecar);
    Files.deleteIfExists(sidecar);
  }

  /** The blobs of a shelf, also those of which only the checksums are left; other files not. */
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
