package dev.controlplane.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory below the working directory, removed at the end. Not where the system keeps temporary
 * files: that may be memory, where fsync costs nothing.
 */
public final class Scratch implements AutoCloseable {
  private final Path directory;

  /** Makes a directory. */
  public Scratch() throws IOException {
    directory = Files.createTempDirectory(Path.of("").toAbsolutePath(), "benchmark-");
  }

  /** Where it is. */
  public Path directory() {
    return directory;
  }

  @Override
  public void close() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
