package dev.controlplane.grpc.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The ring buffer of a log's newest updates, with their encoded messages. A reader finds an update
 * by its revision with one array access and takes no lock.
 *
 * <p>Only the tail adds updates. If the messages exceed the budget in bytes, the oldest leave the
 * ring; a reader that still needs one gets it from {@link OldPages}.
 */
final class RecentUpdates {
  private final AtomicReferenceArray<LogEntry> slots;
  private final long maxBytes;

  // Only the tail changes these two; any thread may read bytes.
  private final Deque<LogEntry> encoded = new ArrayDeque<>();
  private final AtomicLong bytes = new AtomicLong();

  /**
   * Creates an empty ring.
   *
   * @param capacity how many updates it has room for; 1 or more
   * @param maxBytes how many bytes their messages may take; the newest stays whatever its size
   */
  RecentUpdates(int capacity, long maxBytes) {
    this.slots = new AtomicReferenceArray<>(capacity);
    this.maxBytes = maxBytes;
  }

  private int slot(long revision) {
    return (int) (revision % slots.length());
  }

  /** Returns the update of a revision; null if the ring does not have it. */
  LogEntry get(long revision) {
    LogEntry entry = slots.getAcquire(slot(revision));
    return entry != null && entry.revision() == revision ? entry : null;
  }

  /** Adds the newest update, encoded or not. Only the tail calls this. */
  void add(LogEntry entry) {
    LogEntry overwritten = slots.get(slot(entry.revision()));
    slots.setRelease(slot(entry.revision()), entry);
    EncodedMessage message = entry.message();
    if (message != null) {
      encoded.add(entry);
      bytes.addAndGet(message.memory());
    }
    while (!encoded.isEmpty()
        && (encoded.peek() == overwritten || (bytes.get() > maxBytes && encoded.size() > 1))) {
      evict(encoded.remove());
    }
  }

  /** Removes all updates. Only the tail calls this. */
  void clear() {
    for (int i = 0; i < slots.length(); i++) {
      slots.set(i, null);
    }
    while (!encoded.isEmpty()) {
      evict(encoded.remove());
    }
  }

  private void evict(LogEntry oldest) {
    slots.compareAndSet(slot(oldest.revision()), oldest, null);
    bytes.addAndGet(-oldest.message().memory());
    oldest.message(null);
  }

  /** The number of bytes that the messages in the ring take. */
  long bytes() {
    return bytes.get();
  }
}
