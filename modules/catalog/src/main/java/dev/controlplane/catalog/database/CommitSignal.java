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
 * Tells readers in other processes that the catalog has changed: a number in the file {@code
 * catalog.commits}. The writer changes it after each commit and before the commit is answered.
 *
 * <p>As long as the number is unchanged, cached rows are as fresh as a new read. Only commits that
 * have not been acknowledged yet may be missing. So checking a cached row costs one small read of
 * the page cache, and a cached row is never behind an answer.
 *
 * <p>Beside the number the writer notes the id, the epoch and the head of the log. If a catalog is
 * opened whose log does not reach that far, or has an earlier epoch, a backup was restored. The
 * note is written after the commit, so it is never ahead of the log on disk.
 *
 * <p>The content of the file needs no fsync. If the file is missing or was cut short, readers ask
 * SQLite each time.
 *
 * <p>Implementation note: {@link FileStart} says why the file is not mapped into memory.
 */
public final class CommitSignal implements AutoCloseable {
  /** What {@link #number} is where it can't be read. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  private static final int BYTES = 4096;

  // Where the note has the log's id (two words), its epoch and its head.
  private static final int ID = 8;
  private static final int EPOCH = 24;
  private static final int HEAD = 32;
  private static final int END = 40;

  private final ReentrantLock lock = new ReentrantLock();

  /** What the writer writes to; null for readers. */
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

  /** For the one writer; what readers saw before counts no more. */
  public static CommitSignal toWrite(Path directory) throws IOException {
    Path file = in(directory);
    if (Files.notExists(file)) {
      Files.createFile(file, Directories.forFileIn(directory));
    }
    RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw");
    try {
      if (content.length() < BYTES) {
        // Written, not only extended: a write into a hole of a full disk would fail later.
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
   * For readers.
   *
   * @param last what was returned the last time, or null; it is kept if it still holds, and closed
   *     if not
   * @return null if no writer has made it yet
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
      // Between these two looks another may have come to the file's name; the next look sees it.
      return new CommitSignal(null, FileStart.open(file), key);
    } catch (IOException e) {
      return null;
    }
  }

  private static Object keyOf(Path file) {
    FileState state = FileState.of(file);
    return state == null ? null : state.key();
  }

  /** Whether this is still the file of that name; it may have been removed or replaced. */
  public boolean isIn(Path directory) {
    return fileKey.equals(keyOf(in(directory)));
  }

  /** For the writer of a file that lost its name: who has it open believes it no more. */
  public void retire() {
    lock.lock();
    try {
      cutShort();
    } finally {
      lock.unlock();
    }
    close();
  }

  /** Called by the one writer's thread alone, after each commit. */
  public void advance(LogState log) {
    UUID id = UUID.fromString(log.id());
    ByteBuffer words = ByteBuffer.allocate(END);
    words.putLong(0, next()).putLong(ID, id.getMostSignificantBits());
    words.putLong(ID + Long.BYTES, id.getLeastSignificantBits());
    words.putLong(EPOCH, log.epoch()).putLong(HEAD, log.head());
    write(words.array());
  }

  /** As {@link #advance(LogState)}, leaving the note as it is. */
  public void advance() {
    write(ByteBuffer.allocate(Long.BYTES).putLong(0, next()).array());
  }

  /** Another number than before, also where the one before was lost. */
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

  /** A number that can't be changed must not be believed either. */
  private void cutShort() {
    try {
      content.setLength(0);
    } catch (IOException e) {
      // The readers notice the commit at their next look, within half a second.
    }
  }

  /** How far the log of this id was known to be; a log of another id is known to be nowhere. */
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

  /** The number, or {@link #UNKNOWN}. */
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
      // Nothing was promised of it.
    } finally {
      lock.unlock();
    }
  }
}
