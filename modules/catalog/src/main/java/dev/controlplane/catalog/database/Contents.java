package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.regex.Pattern;

/**
 * Recognizes what is in a data directory: files of this program, files of the system or a tool, or
 * something else.
 */
public final class Contents {
  /** Every file name that this program uses in a data directory. */
  private static final Pattern OURS =
      Pattern.compile(
          "(catalog|consumers)\\.(lock|db(-wal|-shm|-new(-journal|-wal|-shm)?)?)"
              + "|catalog\\.commits|blobs");

  /**
   * Names that file systems and tools create in any directory, such as .snapshot, .nfs…, .DS_Store,
   * lost+found.
   */
  private static final Pattern FOREIGN = Pattern.compile("\\..*|lost\\+found");

  private Contents() {}

  /** Returns the exception that explains why a database file could not be found. */
  public static CatalogException absent(Path directory, Path file) {
    requireOurs(directory);
    try {
      Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return new CatalogUnavailableException(
          "there is no %s; expected the data directory of this control plane: mount it, restore it"
                  .formatted(file)
              + " from a backup, or correct STORAGE_PATH",
          e);
    } catch (IOException e) {
      return StorageErrors.of(e, "read", file);
    }
    return new CatalogUnavailableException(file + " has just come; try again");
  }

  /** Whether an entry was created by the system or a tool. Such entries are ignored. */
  public static boolean isForeign(Path entry) {
    return FOREIGN.matcher(entry.getFileName().toString()).matches();
  }

  /** Throws {@link CatalogException} if the path is neither a data directory nor can become one. */
  public static void requireOurs(Path directory) {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new CatalogException(
          directory + " is not a directory; expected the data directory, or nothing there yet");
    }
    if (Files.exists(Schema.CATALOG.in(directory))) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!OURS.matcher(name).matches() && !isForeign(entry)) {
          throw new CatalogException(
              "%s is not empty (it has %s) and has no catalog; choose an empty directory, or that of"
                      .formatted(directory, name)
                  + " an earlier start");
        }
      }
    } catch (NoSuchFileException e) {
      // It disappeared meanwhile, which equals a missing directory.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read the data directory", directory);
    }
  }
}
