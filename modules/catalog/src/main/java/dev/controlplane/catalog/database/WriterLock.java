package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.Directories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The exclusive right of one process to write one database: a lock on a file. The system releases
 * it when the process ends, in whatever way. The file contains the process id of the holder and is
 * never removed.
 */
final class WriterLock implements AutoCloseable {
  /**
   * The files that this process has locked. They must not be opened a second time: closing the
   * second channel would release the lock, because POSIX locks belong to the process.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final FileChannel channel;

  private WriterLock(Path key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws CatalogException if another process, or this one, holds it
   */
  static WriterLock take(Path directory, Schema schema) throws IOException {
    Path file = schema.lockIn(directory.toRealPath());
    if (!HELD.add(file)) {
      throw held(directory, schema, "this process");
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel =
          FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
              Directories.forFileIn(directory));
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw held(directory, schema, "process " + Files.readString(file).strip());
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
      taken = true;
      return new WriterLock(file, channel);
    } finally {
      if (!taken) {
        HELD.remove(file);
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  private static CatalogException held(Path directory, Schema schema, String holder) {
    return new CatalogException(
        "the %s in %s is being written by %s; stop it or choose another data directory"
            .formatted(schema.title(), directory, holder));
  }

  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      // The system releases the lock when the process ends.
    } finally {
      HELD.remove(key);
    }
  }
}
