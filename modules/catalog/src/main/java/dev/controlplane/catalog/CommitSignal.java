package dev.controlplane.catalog;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * A number in memory that the writer's process shares with every reader's: it changes after each
 * commit and before the commit is answered. While a reader sees the same number, what it has read
 * since it first saw it is what a new read would give, up to commits that nobody was told of. So a
 * cached row costs one memory access to check, in any process, and is never behind an answer.
 *
 * <p>Beside it the writer notes how far which log was. A catalog that is opened and does not reach
 * that far, or is of an earlier epoch, went back: a backup was restored. The note is written after
 * the commit, so it is never ahead of one that lasted.
 *
 * <p>The file {@code catalog.commits} has no meaning beyond that: its content needs no fsync, and
 * without it readers ask SQLite each time.
 */
final class CommitSignal {
  private static final int BYTES = 4096;
  private static final VarHandle NUMBER = ValueLayout.JAVA_LONG.varHandle();

  // Where the note has the log's id (two words), its epoch and its head.
  private static final long ID = 8;
  private static final long EPOCH = 24;
  private static final long HEAD = 32;

  private final MemorySegment memory;
  private final Object fileKey;

  private CommitSignal(MemorySegment memory, Object fileKey) {
    this.memory = memory;
    this.fileKey = fileKey;
  }

  static Path in(Path directory) {
    return directory.resolve("catalog.commits");
  }

  /** For the one writer; what readers saw before counts no more. */
  static CommitSignal toWrite(Path directory) throws IOException {
    Path file = in(directory);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      if (channel.size() < BYTES) {
        // Written, not only extended: a store into a hole of a full disk would be fatal.
        ByteBuffer zeros = ByteBuffer.allocate(BYTES - (int) channel.size());
        while (zeros.hasRemaining()) {
          channel.write(zeros, BYTES - (long) zeros.remaining());
        }
      }
      CommitSignal signal =
          new CommitSignal(
              channel.map(MapMode.READ_WRITE, 0, BYTES, Arena.ofAuto()), FileKeys.of(file));
      signal.advance();
      return signal;
    }
  }

  /**
   * For readers.
   *
   * @param last what was returned the last time, or null; it is kept if it still holds
   * @return null if no writer has made it yet
   */
  static CommitSignal toRead(Path directory, CommitSignal last) {
    Path file = in(directory);
    Object key = FileKeys.of(file);
    if (last != null && last.fileKey.equals(key)) {
      return last;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // Between these two looks another may have come to the file's name; the next look sees it.
      return key == null || channel.size() < BYTES
          ? null
          : new CommitSignal(channel.map(MapMode.READ_ONLY, 0, BYTES, Arena.ofAuto()), key);
    } catch (IOException e) {
      return null;
    }
  }

  /** Called by the one writer's thread alone, after each commit. */
  void advance(LogState log) {
    UUID id = UUID.fromString(log.id());
    set(ID, id.getMostSignificantBits());
    set(ID + Long.BYTES, id.getLeastSignificantBits());
    set(EPOCH, log.epoch());
    set(HEAD, log.head());
    advance();
  }

  /** As {@link #advance(LogState)}, leaving the note as it is. */
  void advance() {
    NUMBER.setVolatile(memory, 0L, number() + 1);
  }

  /** How far the log of this id was known to be; a log of another id is known to be nowhere. */
  LogState noted(String id) {
    boolean same = new UUID(get(ID), get(ID + Long.BYTES)).equals(UUID.fromString(id));
    return same ? new LogState(id, get(EPOCH), get(HEAD), 0) : new LogState(id, 0, 0, 0);
  }

  private void set(long at, long value) {
    NUMBER.setVolatile(memory, at, value);
  }

  private long get(long at) {
    return (long) NUMBER.getVolatile(memory, at);
  }

  long number() {
    return get(0);
  }
}
