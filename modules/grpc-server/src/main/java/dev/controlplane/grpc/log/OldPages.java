package dev.controlplane.grpc.log;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.failures.CatalogException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Pages of a log's older updates, for subscriptions that are behind the ring. A page is read once
 * and each of its messages is encoded once, for all subscriptions that read it.
 *
 * <p>Pages begin at multiples of {@link #PAGE}, so that subscriptions at nearby positions share
 * them. All pages together stay within a budget of bytes: the least recently used page is evicted
 * first. A subscription that still reads an evicted page asks for it again.
 *
 * <p>Implementation note: {@code loading} is held while a page is read, so one page is read at a
 * time and the catalog's other reader stays free for the tail. {@code lock} guards the table of
 * pages and is held for a few steps. {@code lock} is taken while holding {@code loading} or an
 * entry's monitor; no other pair is.
 */
final class OldPages {
  /** The number of updates in a page. */
  static final int PAGE = 128;

  /** The approximate memory of an update without its message, in bytes. */
  private static final int ENTRY_BYTES = 512;

  /** Reads updates of one log. */
  interface Source {
    /**
     * Returns the updates after a revision, in order.
     *
     * @throws CompactedException if the log no longer has all of them
     */
    List<Update> updates(long after, int limit);
  }

  /** A page of consecutive updates. */
  private static final class OldPage {
    private final List<LogEntry> entries;
    private final long first;
    private long bytes;

    OldPage(List<LogEntry> entries) {
      this.entries = entries;
      this.first = entries.getFirst().revision();
      this.bytes = (long) ENTRY_BYTES * entries.size();
    }

    LogEntry at(long revision) {
      return revision >= first && revision - first < entries.size()
          ? entries.get((int) (revision - first))
          : null;
    }
  }

  private final Source source;
  private final UpdateLog.Encoding encoding;
  private final long maxBytes;

  private final ReentrantLock loading = new ReentrantLock(true);
  private final ReentrantLock lock = new ReentrantLock();

  // Both are guarded by lock. The map is ordered by last access.
  private final Map<Long, OldPage> pages = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** The numbers of the pages in the table, for those who must not wait for the lock. */
  private final Set<Long> numbers = ConcurrentHashMap.newKeySet();

  /**
   * Creates an empty table.
   *
   * @param maxBytes how many bytes the pages may take; the page used last stays whatever its size
   */
  OldPages(Source source, UpdateLog.Encoding encoding, long maxBytes) {
    this.source = source;
    this.encoding = encoding;
    this.maxBytes = maxBytes;
  }

  /**
   * Returns the update of a revision.
   *
   * @throws CompactedException if it was removed from the log
   * @throws dev.controlplane.catalog.failures.CatalogException if it can't be read now
   */
  LogEntry at(long revision) {
    LogEntry entry = find(revision);
    if (entry != null) {
      return entry;
    }
    loading.lock();
    try {
      entry = find(revision);
      return entry == null ? load(revision) : entry;
    } finally {
      loading.unlock();
    }
  }

  /** Whether the page with the update after a revision is in memory. Does not wait. */
  boolean hasNext(long revision) {
    return numbers.contains(number(revision + 1));
  }

  private static long number(long revision) {
    return (revision - 1) / PAGE;
  }

  private LogEntry find(long revision) {
    lock.lock();
    try {
      OldPage page = pages.get(number(revision));
      return page == null ? null : page.at(revision);
    } finally {
      lock.unlock();
    }
  }

  private LogEntry load(long revision) {
    long before = number(revision) * PAGE;
    List<Update> updates;
    try {
      updates = source.updates(before, PAGE);
    } catch (CompactedException e) {
      if (revision - 1 == before) {
        throw e;
      }
      // Compaction may have removed the start of the page, but not this revision.
      before = revision - 1;
      updates = source.updates(before, (int) (PAGE - before % PAGE));
    }
    if (updates.size() < revision - before) {
      throw new MissingUpdateException(revision);
    }
    OldPage page = new OldPage(updates.stream().map(LogEntry::new).toList());
    lock.lock();
    try {
      OldPage shorter = pages.put(number(revision), page);
      numbers.add(number(revision));
      bytes += page.bytes - (shorter == null ? 0 : shorter.bytes);
      evict(page.entries.getFirst());
    } finally {
      lock.unlock();
    }
    return page.at(revision);
  }

  /**
   * Evicts pages down to the budget. If only one page is left, evicts its messages, except that of
   * {@code kept}.
   */
  private void evict(LogEntry kept) {
    for (Iterator<Map.Entry<Long, OldPage>> oldest = pages.entrySet().iterator();
        bytes > maxBytes && pages.size() > 1; ) {
      Map.Entry<Long, OldPage> evicted = oldest.next();
      OldPage page = evicted.getValue();
      numbers.remove(evicted.getKey());
      oldest.remove();
      bytes -= page.bytes;
      page.entries.forEach(entry -> entry.message(null));
    }
    if (bytes > maxBytes) {
      OldPage last = pages.values().iterator().next();
      for (LogEntry entry : last.entries) {
        EncodedMessage message = entry.message();
        if (entry != kept && message != null) {
          last.bytes -= message.memory();
          bytes -= message.memory();
          entry.message(null);
        }
      }
    }
  }

  /** Returns the encoded message of an update. */
  EncodedMessage message(LogEntry wanted) {
    LogEntry entry;
    try {
      entry = at(wanted.revision());
    } catch (CatalogException e) {
      // The update itself is known, so its message is encoded once more, for this caller only.
      return encoding.encoded(wanted.update());
    }
    EncodedMessage message = entry.message();
    if (message != null) {
      return message;
    }
    synchronized (entry) {
      message = entry.message();
      if (message == null) {
        message = encoding.encoded(entry.update());
        hold(entry, message);
      }
      return message;
    }
  }

  private void hold(LogEntry entry, EncodedMessage message) {
    lock.lock();
    try {
      OldPage page = pages.get(number(entry.revision()));
      if (page != null && page.at(entry.revision()) == entry) {
        entry.message(message);
        page.bytes += message.memory();
        bytes += message.memory();
        evict(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The number of bytes that the pages take. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }
}
