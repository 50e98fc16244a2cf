package dev.controlplane.client.files;

import dev.controlplane.client.InvalidNameException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds the entry of a directory that has exactly a given name. Every path that contains the name
 * of a worker or version comes from here.
 *
 * <p>Some file systems treat several names as one: APFS, vfat and ext4 with casefold do not
 * distinguish {@code A} from {@code a}, or one Unicode normalization from another. There the file
 * of one worker must never be read, replaced or removed under the name of another. So the name that
 * created the entry keeps it, and other names for it are rejected.
 *
 * <p>Implementation note: listing the directory is the only portable way to learn an entry's real
 * name, but its cost grows with the number of entries. It is done only if a variant of the name
 * leads to the same file, so never on a file system that distinguishes all names.
 */
public final class Places {
  /** Access to directories; replaced by tests that simulate a file system which folds names. */
  interface Entries {
    /** Identifies the file at a path, without following links; null if there is none. */
    Object key(Path path);

    /** The names of all entries. */
    List<String> names(Path directory) throws IOException;
  }

  private static final Entries REAL =
      new Entries() {
        @Override
        public Object key(Path path) {
          try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
          } catch (IOException e) {
            return null;
          }
        }

        @Override
        public List<String> names(Path directory) throws IOException {
          List<String> names = new ArrayList<>();
          try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
          }
          return names;
        }
      };

  private final Entries entries;

  public Places() {
    this(REAL);
  }

  public Places(Entries entries) {
    this.entries = entries;
  }

  /** Returns the path of the entry with exactly this name; null if there is none. */
  public Path find(Path directory, String name) throws IOException {
    Path path;
    try {
      path = directory.resolve(name);
    } catch (InvalidPathException e) {
      return null;
    }
    return isLiteral(path, name) ? path : null;
  }

  /**
   * Returns the path for an entry of this name, whether it exists or not.
   *
   * @throws InvalidNameException if this name leads to another name's entry, or can't be used
   */
  public Path claim(Path directory, String name) throws IOException {
    Path path = resolve(directory, name);
    if (entries.key(path) != null && !isLiteral(path, name)) {
      throw clash(name);
    }
    return path;
  }

  /**
   * Returns the directory of this name; creates it if it is missing.
   *
   * @throws InvalidNameException if this name leads to another name's entry, or can't be used
   */
  public Path directory(Path parent, String name) throws IOException {
    Path path = claim(parent, name);
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      return path;
    }
    try {
      Files.createDirectory(path);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (FileSystemException e) {
      throw explained(e, parent, name);
    }
    if (!isLiteral(path, name)) {
      Files.delete(path);
      throw unusable(name, "it was made under another name");
    }
    PartFile.syncDirectory(parent);
    return path;
  }

  /**
   * Returns the exception to throw if an entry could not be created. If another name works, the
   * name is at fault, and InvalidNameException is thrown.
   */
  public IOException explained(FileSystemException failure, Path directory, String name) {
    if (failure instanceof AccessDeniedException || failure instanceof NoSuchFileException) {
      return failure;
    }
    try (PartFile probe = PartFile.in(directory)) {
      probe.sync();
    } catch (IOException e) {
      return failure;
    }
    throw unusable(name, failure.getReason() == null ? failure.getMessage() : failure.getReason());
  }

  /** Resolves a name without looking at the directory. */
  static Path resolve(Path directory, String name) {
    try {
      return directory.resolve(name);
    } catch (InvalidPathException e) {
      throw unusable(
          name, e.getReason() + "; in a locale without UTF-8, start with LC_ALL=C.UTF-8");
    }
  }

  private boolean isLiteral(Path path, String name) throws IOException {
    Object key = entries.key(path);
    if (key == null) {
      return false;
    }
    for (String variant : variants(name)) {
      if (key.equals(key(path, variant))) {
        return listed(path.getParent(), name);
      }
    }
    return true;
  }

  private Object key(Path path, String variant) {
    try {
      return entries.key(path.resolveSibling(variant));
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private boolean listed(Path directory, String name) throws IOException {
    for (String entry : entries.names(directory)) {
      // HFS+ stores every name decomposed.
      if (entry.equals(name) || Normalizer.normalize(entry, Normalizer.Form.NFC).equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** Other names that a file system which folds names could treat as this one. */
  private static Set<String> variants(String name) {
    Set<String> variants = new LinkedHashSet<>();
    variants.add(name.toUpperCase(Locale.ROOT));
    variants.add(name.toLowerCase(Locale.ROOT));
    variants.add(Normalizer.normalize(name, Normalizer.Form.NFD));
    // ext4 with casefold ignores code points such as the soft hyphen; vfat ignores trailing dots
    // and blanks.
    variants.add(name + '\u00AD');
    variants.add(name.replaceAll("[. ]+$", ""));
    variants.remove(name);
    variants.remove("");
    return variants;
  }

  private static InvalidNameException clash(String name) {
    return new InvalidNameException(
        "\"%s\" leads to the files of another worker or version: this file system does not tell the two names apart. Use a directory on another file system, or another name"
            .formatted(name));
  }

  private static InvalidNameException unusable(String name, String reason) {
    return new InvalidNameException(
        "\"%s\" can't be the name of a file here: %s".formatted(name, reason));
  }
}
