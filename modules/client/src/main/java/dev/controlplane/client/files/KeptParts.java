package dev.controlplane.client.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * The incomplete downloads of an agent, at most one per worker. They stay on disk, so that the next
 * attempt or the next process resumes them. The lock of the agent's directory guards them.
 */
public final class KeptParts {
  /** A part that was not written to for this long is removed. */
  private static final Duration OLD = Duration.ofDays(7);

  private final Path directory;

  public KeptParts(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens the part of a worker for bytes with this digest, and removes the worker's other parts.
   *
   * @param checksum empty if the digest is unknown; an existing part is then discarded
   */
  public PartFile open(String worker, String checksum) throws IOException {
    Files.createDirectories(directory);
    Path path = directory.resolve(prefix(worker) + checksum);
    Instant old = Instant.now().minus(OLD);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        boolean replaced = isOf(entry, worker) && !entry.equals(path);
        if (replaced || isOlder(entry, old)) {
          Files.deleteIfExists(entry);
        }
      }
    }
    PartFile part = PartFile.resume(path);
    if (checksum.isEmpty()) {
      part.restart();
    }
    return part;
  }

  /** Removes the parts of a worker. */
  public void discard(String worker) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (isOf(entry, worker)) {
          Files.deleteIfExists(entry);
        }
      }
    } catch (NoSuchFileException e) {
      // There was no download yet.
    }
  }

  private static String prefix(String worker) {
    return Sha256.of(worker).substring(0, 32) + ".";
  }

  private static boolean isOf(Path entry, String worker) {
    return entry.getFileName().toString().startsWith(prefix(worker));
  }

  private static boolean isOlder(Path entry, Instant moment) throws IOException {
    try {
      return Files.getLastModifiedTime(entry).toInstant().isBefore(moment);
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
