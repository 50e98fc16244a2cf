package dev.controlplane.catalog.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * What a look from outside tells of a database file. Another file under the same name, and a file
 * that something wrote over, have another state.
 *
 * @param key of the file itself, whatever its name
 * @param size in bytes
 * @param modified when it was written last
 */
public record FileState(Object key, long size, FileTime modified) {
  /** What is there now; null if there is nothing. */
  public static FileState of(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileState(found.fileKey(), found.size(), found.lastModifiedTime());
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether the other is the same file and has not been emptied; it may have been written to. */
  public boolean isSameFile(FileState other) {
    return other != null && key.equals(other.key) && (size == 0) == (other.size == 0);
  }
}
