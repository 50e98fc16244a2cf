package dev.controlplane.grpc.log;

import dev.controlplane.catalog.Update;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Messages that are on their way to clients: those of snapshots, and those of older updates with
 * much code. Streams that send the same message share it: its blob is read once and it is encoded
 * once. Streams that send the snapshot of one revision send the same messages.
 *
 * <p>All messages together stay within a budget of bytes, whatever the number of clients. A message
 * that no stream is sending stays for others until room is needed; the least recently used one is
 * evicted first. If all bytes of the budget are being sent, a stream waits for room for up to
 * {@link #PATIENCE}. Then it sends the worker's message without its code, and the consumer fetches
 * the code at {@code file_path}, as it does for code above the inline limit.
 *
 * <p>Implementation note: {@code lock} guards the table and all counts and is held for a few steps,
 * never while a message is encoded or sent. A message is encoded under its own monitor; {@code
 * lock} may be taken while holding that, not the other way round.
 */
public final class SharedMessages {
  /** How long a stream waits for room. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  /** One message, and the number of streams that are sending it. */
  private static final class Shared {
    private final long bytes;
    private int senders;
    private EncodedMessage message;

    Shared(long bytes) {
      this.bytes = bytes;
    }
  }

  private final UpdateEncoder encoder;
  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  // Both are guarded by lock. The map is ordered by last use.
  private final Map<ResumeToken, Shared> messages = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * Creates an empty table.
   *
   * @param maxBytes how many bytes all messages together may take
   */
  SharedMessages(UpdateEncoder encoder, long maxBytes) {
    this.encoder = encoder;
    this.maxBytes = maxBytes;
  }

  /**
   * Sends the message of an update, or of an entry of a snapshot.
   *
   * @param place where the consumer resumes after it; it identifies the message
   * @return the message's length in bytes
   */
  public int send(Update update, ResumeToken place, MessageOutput output)
      throws InterruptedException {
    if (update.kind() == Update.Kind.DELETED) {
      // Not shared: it has no code, and its digest may be that of the bytes which only this
      // consumer holds.
      return send(encoder.encode(update, place), output);
    }
    Shared shared = acquire(place, encoder.memory(update));
    if (shared == null) {
      return send(encoder.encodeWithoutCode(update, place), output);
    }
    try {
      return send(message(shared, update, place), output);
    } finally {
      release(shared);
    }
  }

  private static int send(EncodedMessage message, MessageOutput output) {
    output.send(message);
    return message.length();
  }

  /** Returns the shared message, marked as being sent; null if there is no room. */
  private Shared acquire(ResumeToken place, long size) throws InterruptedException {
    long left = PATIENCE.toNanos();
    lock.lockInterruptibly();
    try {
      while (true) {
        Shared shared = messages.get(place);
        if (shared == null && makeRoom(size)) {
          shared = new Shared(size);
          messages.put(place, shared);
          bytes += size;
        }
        if (shared != null) {
          shared.senders++;
          return shared;
        }
        if (left <= 0 || size > maxBytes) {
          return null;
        }
        left = room.awaitNanos(left);
      }
    } finally {
      // This stream was woken but needs no room any more, or less than there is: wake the next one.
      room.signal();
      lock.unlock();
    }
  }

  private boolean makeRoom(long size) {
    if (size > maxBytes) {
      return false; // evict nothing for a message that never fits
    }
    for (Iterator<Shared> oldest = messages.values().iterator();
        bytes + size > maxBytes && oldest.hasNext(); ) {
      Shared shared = oldest.next();
      if (shared.senders == 0) {
        oldest.remove();
        bytes -= shared.bytes;
      }
    }
    return bytes + size <= maxBytes;
  }

  private EncodedMessage message(Shared shared, Update update, ResumeToken place) {
    synchronized (shared) {
      if (shared.message == null) {
        shared.message = encoder.encode(update, place);
      }
      return shared.message;
    }
  }

  private void release(Shared shared) {
    lock.lock();
    try {
      shared.senders--;
      if (shared.senders == 0) {
        room.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The number of bytes that the messages take. */
  public long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }
}
