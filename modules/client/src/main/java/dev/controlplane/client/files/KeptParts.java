package dev.controlplane.client.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * The downloads of an agent that are not whole yet. They stay on disk, so that the next try, or the
 * next process, goes on where this one ended. There is one for each worker at most. The lock of the
 * agent's directory guards them.
 */
public final class KeptParts {
  /** A part that nobody has written to for so long is removed. */
  private static final Duration OLD = Duration.ofDays(7);

  private final Path directory;

  public KeptParts(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens the part of a worker for bytes with this digest, and removes what else there is of it.
   *
   * @param checksum empty where the digest is not known; then nothing is kept
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

  /** Removes what there is of a worker. */
  public void discard(String worker) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (isOf(entry, worker)) {
          Files.deleteIfExists(entry);
        }
      }
    } catch (NoSuchFileException e) {
      // Nothing was ever downloaded.
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
