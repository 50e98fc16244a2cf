package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock that lets one agent work in a directory.
 *
 * <p>Implementation note: a process loses its POSIX lock on a file as soon as it closes any
 * descriptor of that file. So within one JVM a set decides before the file is opened at all.
 */
final class AgentLock implements AutoCloseable {
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  /** Held while it is decided whether the lock file may be opened and closed. */
  private static final Lock LOOKING = new ReentrantLock();

  /** Somebody who asks for the status has the lock for a moment. */
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

  private final Path key;
  private final FileChannel file;

  /** Identifies the lock file; null where the file system has no such thing. */
  private final Object identity;

  private AgentLock(Path key, FileChannel file, Object identity) {
    this.key = key;
    this.file = file;
    this.identity = identity;
  }

  /**
   * Takes the lock.
   *
   * @param own the directory of the lock file
   * @param directory what people call it
   * @throws IOException when another agent has it
   */
  static AgentLock take(Path own, Path directory) throws IOException {
    Path key = own.toRealPath();
    LOOKING.lock();
    try {
      if (!TAKEN.add(key)) {
        throw taken(directory);
      }
    } finally {
      LOOKING.unlock();
    }
    FileChannel file = null;
    boolean locked = false;
    try {
      file =
          FileChannel.open(
              key.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      long end = System.nanoTime() + PATIENCE;
      locked = lock(file);
      while (!locked && System.nanoTime() < end) {
        LockSupport.parkNanos(PAUSE);
        locked = lock(file);
      }
      if (!locked) {
        throw taken(directory);
      }
      return new AgentLock(key, file, identity(key.resolve("lock")));
    } finally {
      if (!locked) {
        if (file != null) {
          file.close();
        }
        TAKEN.remove(key);
      }
    }
  }

  private static boolean lock(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static IOException taken(Path directory) {
    return new IOException(
        "another agent works in " + directory + "; give each agent a directory of its own");
  }

  /** Whether the lock file is still where it was: if not, nobody respects the lock any more. */
  boolean isInPlace() {
    try {
      return Objects.equals(identity, identity(key.resolve("lock")));
    } catch (IOException e) {
      return false;
    }
  }

  private static Object identity(Path lockFile) throws IOException {
    return Files.readAttributes(lockFile, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /** Whether an agent has the lock at this moment. */
  static boolean isTaken(Path own) throws IOException {
    Path key = own.toRealPath();
    Path lockFile = key.resolve("lock");
    LOOKING.lock();
    try {
      return TAKEN.contains(key)
          || (Files.isRegularFile(lockFile, LinkOption.NOFOLLOW_LINKS) && isLocked(lockFile));
    } finally {
      LOOKING.unlock();
    }
  }

  private static boolean isLocked(Path lockFile) throws IOException {
    try (FileChannel file = FileChannel.open(lockFile, StandardOpenOption.READ);
        FileLock lock = file.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    } catch (NoSuchFileException e) {
      return false;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      file.close();
    } finally {
      TAKEN.remove(key);
    }
  }
}
