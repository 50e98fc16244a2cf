package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.Labels;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records facts about running threads that the JVM does not keep: who started them, and their
 * labels. A thread has an entry from its start until its end if {@link
 * dev.controlplane.pprof.Goroutines} started it, otherwise while labels are set. Thread-safe.
 */
public final class Roster {
  /**
   * The recorded facts about a thread.
   *
   * @param creator where it was started; null if unknown
   * @param parent id of the thread that started it; 0 if unknown
   */
  public record Entry(Thread thread, Frame creator, long parent, LabelSet labels) {}

  /** The frames of this JVM. */
  public static final FrameTable FRAMES = FrameTable.ofThisJvm();

  private static final ConcurrentHashMap<Long, Entry> ENTRIES = new ConcurrentHashMap<>();

  private Roster() {}

  /** Returns the facts about a thread, or null. */
  public static Entry entry(long threadId) {
    return ENTRIES.get(threadId);
  }

  /** The number of threads that have an entry. */
  public static int size() {
    return ENTRIES.size();
  }

  /** Adds all virtual threads that have an entry to a list. */
  public static void addVirtualThreads(List<Thread> threads) {
    ENTRIES.values().stream().map(Entry::thread).filter(Thread::isVirtual).forEach(threads::add);
  }

  /** Returns the labels of the current thread. */
  public static LabelSet labels() {
    Thread thread = Thread.currentThread();
    Entry entry = ENTRIES.get(thread.threadId());
    return entry == null ? InheritedLabels.of(thread) : entry.labels;
  }

  /** Runs the work of a new thread; the thread has an entry meanwhile. */
  public static void run(Frame creator, long parent, LabelSet labels, Runnable work) {
    Thread thread = Thread.currentThread();
    Long id = thread.threadId();
    ENTRIES.put(id, new Entry(thread, creator, parent, labels));
    InheritedLabels.set(labels);
    try {
      work.run();
    } finally {
      ENTRIES.remove(id);
      LabelHistory.changed(id, labels, LabelSet.EMPTY);
    }
  }

  public static <T, X extends Exception> T labelled(LabelSet labels, Labels.Work<T, X> work)
      throws X {
    Thread thread = Thread.currentThread();
    Long id = thread.threadId();
    Entry before = ENTRIES.get(id);
    LabelSet outer = labels();
    LabelSet inner = outer.with(labels);
    ENTRIES.put(
        id,
        before == null
            ? new Entry(thread, null, 0, inner)
            : new Entry(thread, before.creator, before.parent, inner));
    InheritedLabels.set(inner);
    LabelHistory.changed(id, outer, inner);
    try {
      return work.call();
    } finally {
      LabelHistory.changed(id, inner, outer);
      InheritedLabels.set(outer);
      if (before == null) {
        ENTRIES.remove(id);
      } else {
        ENTRIES.put(id, before);
      }
    }
  }
}
