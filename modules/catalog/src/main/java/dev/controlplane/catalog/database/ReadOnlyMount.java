package dev.controlplane.catalog.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether a file is below a mount point that is read-only.
 *
 * <p>{@code FileStore.isReadOnly} knows a file system's device, not the mount: of a directory that
 * is mounted a second time, read-only, it says what holds for the first.
 */
final class ReadOnlyMount {
  /** Device, mount point, type and options of each mount, the last one on top. */
  private static final Path MOUNTS = Path.of("/proc/self/mounts");

  private ReadOnlyMount() {}

  static boolean has(Path file) throws IOException {
    return Files.isReadable(MOUNTS)
        ? isReadOnly(
            file.toRealPath().toString(),
            new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8))
        : Files.getFileStore(file).isReadOnly();
  }

  private static boolean isReadOnly(String file, String mounts) {
    int longest = 0;
    boolean readOnly = false;
    for (String line : mounts.lines().toList()) {
      String[] fields = line.split(" ", -1);
      String point = decoded(fields[1]);
      String below = point.endsWith("/") ? point : point + "/";
      if (file.startsWith(below) && below.length() >= longest) {
        longest = below.length();
        readOnly = List.of(fields[3].split(",", -1)).contains("ro");
      }
    }
    return readOnly;
  }

  /** The kernel writes blanks, tabs, line ends and backslashes as octal numbers. */
  private static String decoded(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
