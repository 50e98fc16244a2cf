package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What tells a file from another that came to the same name later. */
final class FileKeys {
  private FileKeys() {}

  /** Equal for the same file; null if there is none. */
  static Object of(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }
}
