package dev.controlplane.catalog.database;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.regex.Pattern;

/** What is in a data directory: ours, put there by the system or a tool, or somebody else's. */
public final class Contents {
  /** Every name that this program gives in a data directory. */
  private static final Pattern OURS =
      Pattern.compile(
          "(catalog|consumers)\\.(lock|db(-wal|-shm|-new(-journal|-wal|-shm)?)?)"
              + "|catalog\\.commits|blobs");

  /**
   * What file systems and tools put into any directory: .snapshot, .nfs…, .DS_Store, lost+found.
   */
  private static final Pattern FOREIGN = Pattern.compile("\\..*|lost\\+found");

  private Contents() {}

  /** Why a database that can't be looked at is not there. */
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

  /** Whether an entry was put there by the system or a tool: nobody's data, and no obstacle. */
  public static boolean isForeign(Path entry) {
    return FOREIGN.matcher(entry.getFileName().toString()).matches();
  }

  /** Throws {@link CatalogException} for what can't become, or isn't, a data directory. */
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
      // Gone in between: as good as missing.
    } catch (IOException e) {
      throw StorageErrors.of(e, "read the data directory", directory);
    }
  }
}
