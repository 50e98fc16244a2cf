package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.model.LabelSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Knows which labels a thread had a moment ago. The samples of a recording arrive up to some
 * seconds late; the thread may have other labels then, or have ended.
 *
 * <p>One history is open at a time. While none is open, a change of labels costs one read of a
 * field. The methods of an open history are for one thread at a time.
 */
public final class LabelHistory implements AutoCloseable {
  /** How long changes are kept after the newest sample. */
  private static final Duration KEPT = Duration.ofSeconds(10);

  /** Changes that wait to be read; about 60 bytes each. Further ones are not kept. */
  private static final int MOST = 1 << 20;

  private static volatile LabelHistory open;

  private record Change(long thread, long time, LabelSet before, LabelSet after) {}

  private final ConcurrentLinkedQueue<Change> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicInteger kept = new AtomicInteger();
  private final Map<Long, ArrayDeque<Change>> byThread = new HashMap<>();
  private final Map<Long, LabelSet> inherited = new HashMap<>();
  private final Supplier<Map<Long, LabelSet>> inheritors;
  private final Instant instant = Instant.now();
  private final long nanos = System.nanoTime();
  private boolean listed;

  private LabelHistory(Supplier<Map<Long, LabelSet>> inheritors) {
    this.inheritors = inheritors;
  }

  /**
   * Opens a history.
   *
   * @param inheritors the labels of the live threads that inherited some, by thread id; called once
   *     for each portion of samples that has unknown threads
   */
  public static LabelHistory begin(Supplier<Map<Long, LabelSet>> inheritors) {
    LabelHistory begun = new LabelHistory(inheritors);
    open = begun;
    return begun;
  }

  /** Takes down that the labels of the current thread have changed. */
  static void changed(long thread, LabelSet before, LabelSet after) {
    LabelHistory history = open;
    if (history != null && history.kept.get() < MOST) {
      history.kept.incrementAndGet();
      history.arrived.add(new Change(thread, System.nanoTime(), before, after));
    }
  }

  /** The labels that a thread had at a time since the history was opened. */
  public LabelSet at(long thread, Instant time) {
    read();
    ArrayDeque<Change> changes = byThread.get(thread);
    if (changes == null) {
      return now(thread);
    }
    long moment = nanos + Duration.between(instant, time).toNanos();
    LabelSet labels = changes.getFirst().before;
    for (Change change : changes) {
      if (change.time > moment) {
        break;
      }
      labels = change.after;
    }
    return labels;
  }

  /** Forgets what samples after this one no longer need. */
  public void forgetBefore(Instant newest) {
    read();
    long oldest = nanos + Duration.between(instant, newest.minus(KEPT)).toNanos();
    Iterator<ArrayDeque<Change>> threads = byThread.values().iterator();
    while (threads.hasNext()) {
      ArrayDeque<Change> changes = threads.next();
      while (!changes.isEmpty() && changes.getFirst().time < oldest) {
        changes.removeFirst();
        kept.decrementAndGet();
      }
      if (changes.isEmpty()) {
        threads.remove();
      }
    }
    inherited.clear();
    listed = false;
  }

  @Override
  public void close() {
    if (open == this) {
      open = null;
    }
  }

  private void read() {
    for (Change change = arrived.poll(); change != null; change = arrived.poll()) {
      byThread.computeIfAbsent(change.thread, absent -> new ArrayDeque<>()).add(change);
    }
  }

  /** The labels of a thread that has not changed them. */
  private LabelSet now(long thread) {
    Roster.Entry entry = Roster.entry(thread);
    if (entry != null) {
      return entry.labels();
    }
    if (!listed) {
      inherited.putAll(inheritors.get());
      listed = true;
    }
    return inherited.getOrDefault(thread, LabelSet.EMPTY);
  }
}
