package dev.controlplane.grpc.log;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Those who wait to read old pages of the log, and who of them is next: so that a page is read and
 * encoded once for many. Not thread-safe.
 *
 * <p>The one at the lowest page that is in memory is next; if no such page is, the one at the
 * lowest page. So those who are furthest behind go on together, and take along whom they reach. But
 * every second time, one that has waited for long is next, wherever it stands.
 *
 * @param <W> those who wait
 */
final class CatchUpQueue<W extends CatchUpQueue.Waiting> {
  /** How many pages are looked at to find one in memory: a bound, for others wait meanwhile. */
  private static final int LOOKED_AT = 1024;

  /** Somebody who waits, and since when. */
  abstract static class Waiting {
    /** The revision up to which it has read the log. */
    final long position;

    final long since = System.nanoTime();

    /** Creates one that waits from now on. */
    Waiting(long position) {
      this.position = position;
    }

    final long page() {
      return position / OldPages.PAGE;
    }
  }

  private final LongPredicate inMemory;
  private final long patience;

  private final Set<W> byArrival = new LinkedHashSet<>();
  private final NavigableMap<Long, Set<W>> byPage = new TreeMap<>();
  private boolean oldestWasNext;

  /**
   * Creates an empty queue.
   *
   * @param inMemory whether the update after a revision is in memory; must not wait
   * @param patience who has waited for so long is next every second time
   */
  CatchUpQueue(LongPredicate inMemory, Duration patience) {
    this.inMemory = inMemory;
    this.patience = patience.toNanos();
  }

  void add(W waiting) {
    byArrival.add(waiting);
    byPage.computeIfAbsent(waiting.page(), _ -> new LinkedHashSet<>()).add(waiting);
  }

  /** Does nothing for one that does not wait. */
  void remove(W waiting) {
    if (byArrival.remove(waiting)) {
      Set<W> atPage = byPage.get(waiting.page());
      atPage.remove(waiting);
      if (atPage.isEmpty()) {
        byPage.remove(waiting.page());
      }
    }
  }

  int size() {
    return byArrival.size();
  }

  /** The one that has waited longest; null if nobody waits. */
  W oldest() {
    return byArrival.isEmpty() ? null : byArrival.iterator().next();
  }

  /** Removes the one that is next; somebody must wait. */
  W poll() {
    W next = oldest();
    oldestWasNext = !oldestWasNext && System.nanoTime() - next.since >= patience;
    if (!oldestWasNext) {
      next = atLowestPage();
    }
    remove(next);
    return next;
  }

  private W atLowestPage() {
    int looked = 0;
    for (Map.Entry<Long, Set<W>> page : byPage.entrySet()) {
      if (inMemory.test(page.getKey() * OldPages.PAGE)) {
        return page.getValue().iterator().next();
      }
      if (++looked == LOOKED_AT) {
        break;
      }
    }
    return byPage.firstEntry().getValue().iterator().next();
  }
}
