package dev.controlplane.catalog.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells whether a file is on a read-only mount.
 *
 * <p>{@code FileStore.isReadOnly} looks at the device, not the mount: for a directory that is
 * mounted a second time, read-only, it returns the answer of the first mount.
 */
final class ReadOnlyMount {
  /**
   * Linux's table of mounts: device, mount point, type, options. For a mount point that appears
   * twice, the last line counts.
   */
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

  /**
   * Decodes a field. The kernel writes blanks, tabs, line ends and backslashes as octal numbers.
   */
  private static String decoded(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
