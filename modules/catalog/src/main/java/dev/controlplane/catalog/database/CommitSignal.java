package dev.controlplane.catalog.database;

import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.files.Directories;
import dev.controlplane.catalog.files.FileStart;
import dev.controlplane.catalog.files.FileState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells readers in other processes that the catalog has changed, through a number in the file
 * {@code catalog.commits}. The writer changes the number after each commit and before it answers
 * the commit.
 *
 * <p>As long as the number is unchanged, cached rows are as fresh as a new read; only commits that
 * have not been acknowledged yet may be missing. Checking a cached row therefore costs one small
 * read from the page cache, and a cached row is never older than an acknowledged commit.
 *
 * <p>Beside the number, the writer stores the id, the epoch and the head of the log. If it later
 * opens a catalog whose log ends earlier or has a lower epoch, a backup was restored. The note is
 * written after the commit, so it is never ahead of the log on disk.
 *
 * <p>The file needs no fsync. If it is missing or truncated, readers ask SQLite each time.
 *
 * <p>Implementation note: the file is not mapped into memory; {@link FileStart} explains why.
 */
public final class CommitSignal implements AutoCloseable {
  /** The value of {@link #number} if it can't be read. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  private static final int BYTES = 4096;

  // The offsets of the log's id (two words), its epoch and its head.
  private static final int ID = 8;
  private static final int EPOCH = 24;
  private static final int HEAD = 32;
  private static final int END = 40;

  private final ReentrantLock lock = new ReentrantLock();

  /** The file, opened for writing; null for readers. */
  private final RandomAccessFile content;

  private final FileStart start;
  private final Object fileKey;

  private CommitSignal(RandomAccessFile content, FileStart start, Object fileKey) {
    this.content = content;
    this.start = start;
    this.fileKey = fileKey;
  }

  public static Path in(Path directory) {
    return directory.resolve("catalog.commits");
  }

  /**
   * Opens the file for the one writer, and changes the number, so that rows cached before are not
   * used any more.
   */
  public static CommitSignal toWrite(Path directory) throws IOException {
    Path file = in(directory);
    if (Files.notExists(file)) {
      Files.createFile(file, Directories.forFileIn(directory));
    }
    RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw");
    try {
      if (content.length() < BYTES) {
        // Written, not only extended: a later write into a hole would fail on a full disk.
        long length = content.length();
        content.seek(length);
        content.write(new byte[BYTES - (int) length]);
      }
      CommitSignal signal = new CommitSignal(content, FileStart.open(file), keyOf(file));
      signal.advance();
      return signal;
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  /**
   * Opens the file for reading.
   *
   * @param last the previous result of this method, or null. It is returned again if its file is
   *     still in place, and closed if not.
   * @return null if there is no file yet
   */
  public static CommitSignal toRead(Path directory, CommitSignal last) {
    Path file = in(directory);
    Object key = keyOf(file);
    if (last != null) {
      if (last.fileKey.equals(key)) {
        return last;
      }
      last.close();
    }
    if (key == null) {
      return null;
    }
    try {
      // If the file is replaced between reading its key and opening it, the next call notices.
      return new CommitSignal(null, FileStart.open(file), key);
    } catch (IOException e) {
      return null;
    }
  }

  private static Object keyOf(Path file) {
    FileState state = FileState.of(file);
    return state == null ? null : state.key();
  }

  /** Whether the open file is still the one in the directory, not removed or replaced. */
  public boolean isIn(Path directory) {
    return fileKey.equals(keyOf(in(directory)));
  }

  /**
   * Truncates a file that was removed or replaced, so that readers that still have it open stop
   * trusting it, and closes it.
   */
  public void retire() {
    lock.lock();
    try {
      cutShort();
    } finally {
      lock.unlock();
    }
    close();
  }

  /**
   * Changes the number and stores the state of the log. Only the writer's thread may call this,
   * after each commit.
   */
  public void advance(LogState log) {
    UUID id = UUID.fromString(log.id());
    ByteBuffer words = ByteBuffer.allocate(END);
    words.putLong(0, next()).putLong(ID, id.getMostSignificantBits());
    words.putLong(ID + Long.BYTES, id.getLeastSignificantBits());
    words.putLong(EPOCH, log.epoch()).putLong(HEAD, log.head());
    write(words.array());
  }

  /** As {@link #advance(LogState)}, without changing the stored state. */
  public void advance() {
    write(ByteBuffer.allocate(Long.BYTES).putLong(0, next()).array());
  }

  /** A number different from the previous one, even if that one was lost. */
  private long next() {
    long number = number();
    return number == UNKNOWN ? System.nanoTime() : number + 1;
  }

  private void write(byte[] words) {
    lock.lock();
    try {
      content.seek(0);
      content.write(words);
    } catch (IOException e) {
      cutShort();
    } finally {
      lock.unlock();
    }
  }

  /** Invalidates a number that could not be changed. */
  private void cutShort() {
    try {
      content.setLength(0);
    } catch (IOException e) {
      // Readers notice the commit when they next look at the database, within half a second.
    }
  }

  /**
   * Returns the stored state of the log with this id; zeros if none is stored or it is of another
   * log.
   */
  public LogState noted(String id) {
    byte[] read = new byte[END];
    if (!start.read(read)) {
      return new LogState(id, 0, 0, 0);
    }
    ByteBuffer words = ByteBuffer.wrap(read);
    UUID noted = new UUID(words.getLong(ID), words.getLong(ID + Long.BYTES));
    return noted.equals(UUID.fromString(id))
        ? new LogState(id, words.getLong(EPOCH), words.getLong(HEAD), 0)
        : new LogState(id, 0, 0, 0);
  }

  /** Returns the number, or {@link #UNKNOWN}. */
  public long number() {
    byte[] word = new byte[Long.BYTES];
    return start.read(word) ? ByteBuffer.wrap(word).getLong() : UNKNOWN;
  }

  @Override
  public void close() {
    start.close();
    if (content == null) {
      return;
    }
    lock.lock();
    try {
      content.close();
    } catch (IOException e) {
      // Nothing is lost if closing fails.
    } finally {
      lock.unlock();
    }
  }
}
