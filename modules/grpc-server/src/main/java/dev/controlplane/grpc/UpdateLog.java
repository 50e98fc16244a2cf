package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.LogState;
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
  /** What is followed before a log was read. */
  static final LogState NOT_READ = new LogState("", 0, 0, 0);

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

  /** For each worker that was asked about or moved: the newest update that moved its latest. */
  private final ConcurrentMap<String, Long> movers = new ConcurrentHashMap<>();

  private volatile LogState followed;

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
    this.followed = NOT_READ;
  }

  /** Which log there is now, and how far it goes. */
  LogState state() {
    return catalog.log();
  }

  /** Which log the messages are of; its head and how far it is cut are those of some moment. */
  LogState followed() {
    return followed;
  }

  /** From now on it is this log. What is in memory of another is forgotten. */
  void follow(LogState log) {
    lock.lock();
    try {
      followed = log;
      movers.clear();
      window.clear();
      entered.clear();
      encoded.forEach(entry -> entry.message(null));
      encoded.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Takes note of an update that is about to be offered; called in the order of the log. */
  void passed(Update update) {
    if (update.movedLatest()) {
      movers.merge(update.worker(), update.revision(), Math::max);
    }
  }

  /**
   * Whether a later update of the same worker has moved its latest version; false also where that
   * can't be told now.
   */
  boolean isSuperseded(Update update) {
    Long mover = movers.get(update.worker());
    if (mover == null) {
      try {
        List<Update> now = catalog.snapshot(catalog.head(), List.of(update.worker()));
        mover = now.isEmpty() ? 0L : now.getFirst().revision();
      } catch (CatalogException e) {
        return false;
      }
      movers.merge(update.worker(), mover, Math::max);
    }
    return mover > update.revision();
  }

  /** Where a consumer stands that was told everything up to a revision. */
  ResumeToken token(long revision) {
    LogState log = followed;
    try {
      return revision < 1
          ? new ResumeToken(log.id(), log.epoch(), 0, 0, null)
          : ResumeToken.after(log, at(revision).update());
    } catch (CatalogException e) {
      // Compacted, or not to be read now: a token without the fingerprint does.
      return new ResumeToken(log.id(), log.epoch(), revision, 0, null);
    }
  }

  /** The message of an entry of a snapshot. */
  byte[] message(Update update, ResumeToken token) {
    return encoder.encode(update, token);
  }

  /**
   * The update of a revision from 1 to the head.
   *
   * @throws CompactedException if it was cut
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
        message = encoder.encode(entry.update(), ResumeToken.after(followed, entry.update()));
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
