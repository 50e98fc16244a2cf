package dev.controlplane.pprof.model;

import dev.controlplane.pprof.Labels;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the JVM doesn't know of its threads: who started them, and their labels. A thread is on the
 * roster from the moment it runs until it ends, or while labels are set; nothing else is kept.
 */
public final class Roster {
  /**
   * What is known of a thread.
   *
   * @param creator where it was started, null if unknown
   * @param parent id of the thread that started it, 0 if unknown
   */
  public record Entry(Thread thread, Frame creator, long parent, LabelSet labels) {}

  /** Frames of this JVM: its addresses stay as long as the process lives. */
  public static final FrameTable FRAMES = new FrameTable();

  private static final ConcurrentHashMap<Long, Entry> ENTRIES = new ConcurrentHashMap<>();

  private Roster() {}

  /** What is known of a thread, or null. */
  public static Entry entry(long threadId) {
    return ENTRIES.get(threadId);
  }

  /** How many threads are on it. */
  public static int size() {
    return ENTRIES.size();
  }

  /** Adds the virtual threads that are on it. */
  public static void addVirtualThreads(List<Thread> threads) {
    ENTRIES.values().stream().map(Entry::thread).filter(Thread::isVirtual).forEach(threads::add);
  }

  /** Labels of the current thread. */
  public static LabelSet labels() {
    Thread thread = Thread.currentThread();
    Entry entry = ENTRIES.get(thread.threadId());
    return entry == null ? InheritedLabels.of(thread) : entry.labels;
  }

  /** Runs a thread's work with the thread on the roster. */
  public static void run(Frame creator, long parent, LabelSet labels, Runnable work) {
    Thread thread = Thread.currentThread();
    Long id = thread.threadId();
    ENTRIES.put(id, new Entry(thread, creator, parent, labels));
    InheritedLabels.set(labels);
    try {
      work.run();
    } finally {
      ENTRIES.remove(id);
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
    try {
      return work.call();
    } finally {
      InheritedLabels.set(outer);
      if (before == null) {
        ENTRIES.remove(id);
      } else {
        ENTRIES.put(id, before);
      }
    }
  }
}
