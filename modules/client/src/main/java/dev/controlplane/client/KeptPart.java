package dev.controlplane.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;

/**
 * A download of an agent that stays on disk until it is whole, so that the next try, or the next
 * process, goes on where this one ended. There is one for each worker at most. The lock of the
 * agent's directory guards it.
 */
final class KeptPart implements Sink, AutoCloseable {
  /** A part that nobody has written to for so long is removed. */
  private static final Duration OLD = Duration.ofDays(7);

  private static final int BUFFER = 128 * 1024;

  private final Path path;
  private final FileChannel channel;

  private KeptPart(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Opens the part of a worker for bytes with this digest, and removes what else there is of it.
   *
   * @param checksum empty where the digest is not known; then nothing is kept
   */
  static KeptPart open(Path directory, String worker, String checksum) throws IOException {
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
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    KeptPart part = new KeptPart(path, channel);
    if (checksum.isEmpty()) {
      part.restart();
    }
    return part;
  }

  /** Removes what there is of a worker. */
  static void discard(Path directory, String worker) throws IOException {
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

  @Override
  public long kept(MessageDigest digest) throws IOException {
    channel.position(0);
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (channel.read(buffer) >= 0) {
      digest.update(buffer.flip());
      buffer.clear();
    }
    return channel.position();
  }

  /** Whether all of the bytes are here. */
  boolean isWhole(long size, String checksum) throws IOException {
    return channel.size() == size && Sha256.of(path).equals(checksum);
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
  }

  /** Where the bytes are; nothing has the file open once this is closed. */
  Path path() {
    return path;
  }

  /** Makes the bytes durable. */
  void sync() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
