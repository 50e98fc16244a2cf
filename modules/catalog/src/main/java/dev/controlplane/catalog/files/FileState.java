package dev.controlplane.catalog.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * Identifies a file and its content from outside. Replacing or overwriting the file changes its
 * state.
 *
 * @param key identifies the file itself, independent of its name
 * @param size in bytes
 * @param modified time of the last write
 */
public record FileState(Object key, long size, FileTime modified) {
  /** The current state of a file; null if there is none. */
  public static FileState of(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileState(found.fileKey(), found.size(), found.lastModifiedTime());
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Whether the other state is of the same file, not truncated to 0 bytes meanwhile. The content
   * may differ.
   */
  public boolean isSameFile(FileState other) {
    return other != null && key.equals(other.key) && (size == 0) == (other.size == 0);
  }
}
