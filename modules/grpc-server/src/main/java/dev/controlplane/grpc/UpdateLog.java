package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Update;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The update log as messages, shared by all who read it: while an update is in the window it is
 * read once and encoded once, however many subscriptions ask for it.
 *
 * <p>The window is bounded by entries, the messages in it by their bytes too; who came first leaves
 * first. A message that left while its entry was in a subscription's queue is made anew for whoever
 * takes it from there. So what clients can make the server hold is bounded: the window, short
 * entries in queues, and one message for each stream that is sending.
 *
 * <p>Looking up is free of locks. {@code lock} guards what the window holds and is held for a few
 * steps, never while reading or encoding. {@code loading} is held while a page is read, so that a
 * thousand readers of one place read it once; an entry's monitor while it is encoded. {@code lock}
 * is taken while holding one of the others, and no other pair is.
 */
final class UpdateLog {
  /** Updates read at once. */
  static final int PAGE = 128;

  private final CatalogReader catalog;
  private final UpdateEncoder encoder;
  private final int maxEntries;
  private final long maxBytes;

  private final ReentrantLock loading = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentMap<Long, LogEntry> window = new ConcurrentHashMap<>();
  private final Deque<LogEntry> entered = new ArrayDeque<>();
  private final Deque<LogEntry> encoded = new ArrayDeque<>();
  private long bytes;

  /**
   * A window over a log.
   *
   * @param maxEntries how many entries it holds, 1 or more
   * @param maxBytes how many bytes of messages it holds; the newest is held whatever its size
   */
  UpdateLog(CatalogReader catalog, UpdateEncoder encoder, int maxEntries, long maxBytes) {
    this.catalog = catalog;
    this.encoder = encoder;
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /** The revision of the newest update. */
  long head() {
    return catalog.head();
  }

  /**
   * The update of a revision from 1 to {@link #head}.
   *
   * @throws dev.controlplane.catalog.CatalogException if it can't be read now
   */
  LogEntry at(long revision) {
    LogEntry entry = window.get(revision);
    if (entry != null) {
      return entry;
    }
    loading.lock();
    try {
      entry = window.get(revision);
      return entry == null ? load(revision) : entry;
    } finally {
      loading.unlock();
    }
  }

  private LogEntry load(long revision) {
    List<Update> page = catalog.updates(revision - 1, Math.min(PAGE, maxEntries));
    if (page.isEmpty() || page.getFirst().revision() != revision) {
      throw new MissingUpdateException(revision);
    }
    lock.lock();
    try {
      return page.stream().map(this::enter).toList().getFirst();
    } finally {
      lock.unlock();
    }
  }

  private LogEntry enter(Update update) {
    LogEntry entry = window.computeIfAbsent(update.revision(), revision -> new LogEntry(update));
    entered.add(entry);
    while (entered.size() > maxEntries) {
      LogEntry oldest = entered.remove();
      window.remove(oldest.revision(), oldest);
    }
    return entry;
  }

  /** The encoded {@code WorkerUpdate} of an entry. */
  byte[] message(LogEntry entry) {
    byte[] message = entry.message();
    if (message != null) {
      return message;
    }
    synchronized (entry) {
      message = entry.message();
      if (message == null) {
        message = encoder.encode(entry.update());
        hold(entry, message);
      }
      return message;
    }
  }

  private void hold(LogEntry entry, byte[] message) {
    lock.lock();
    try {
      entry.message(message);
      encoded.add(entry);
      bytes += message.length;
      while (encoded.size() > 1 && (bytes > maxBytes || encoded.size() > maxEntries)) {
        LogEntry oldest = encoded.remove();
        bytes -= oldest.message().length;
        oldest.message(null);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets everything: the log is not the one that was read. */
  void clear() {
    lock.lock();
    try {
      window.clear();
      entered.clear();
      encoded.forEach(entry -> entry.message(null));
      encoded.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes of messages held now. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }
}
