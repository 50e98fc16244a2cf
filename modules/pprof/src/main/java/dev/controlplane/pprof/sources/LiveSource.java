package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.GoroutineProfile;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Interpreter;
import dev.controlplane.pprof.model.Exports;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Goroutine;
import dev.controlplane.pprof.model.InheritedLabels;
import dev.controlplane.pprof.model.Roster;
import dev.controlplane.pprof.model.ThreadFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import jdk.internal.vm.ThreadContainer;
import jdk.internal.vm.ThreadContainers;

/**
 * Looks at the live threads of this JVM one by one, through calls that only ever stop the thread
 * they look at. The list of threads is the JDK's own ({@code jdk.internal.vm}, which must be
 * exported to this code); without it, virtual threads that {@link Goroutines} didn't start are not
 * seen.
 */
public final class LiveSource {
  /** How often a thread that moves on while it is looked at is looked at again. */
  private static final int ATTEMPTS = 3;

  /** Threads listed, in a part of a millisecond, before others have their turn. */
  private static final int STRETCH = 1024;

  /** Threads that take profiles for others: no part of what the process does. */
  static final Set<Thread> HELPERS = ConcurrentHashMap.newKeySet();

  private final FrameTable.Cache cache = Roster.FRAMES.new Cache();
  private final ThreadFacts facts = new ThreadFacts();
  private final Interpreter interpreter;

  public LiveSource(boolean labels) {
    this.interpreter = Interpreter.ofThisJvm(labels);
  }

  /** Every live thread, platform and virtual, once. */
  public static List<Thread> threads() {
    var threads = new ArrayList<Thread>();
    if (Exports.threadContainers()) {
      addThreads(ThreadContainers.root(), threads);
    } else {
      threads.addAll(Thread.getAllStackTraces().keySet());
      Roster.addVirtualThreads(threads);
    }
    if (!HELPERS.isEmpty()) {
      threads.removeIf(HELPERS::contains);
    }
    return threads;
  }

  // Nothing depends on whether the scheduler listens.
  @SuppressWarnings("ThreadPriorityCheck")
  private static void addThreads(ThreadContainer container, List<Thread> threads) {
    container
        .threads()
        .forEach(
            thread -> {
              threads.add(thread);
              if (threads.size() % STRETCH == 0) {
                Thread.yield();
              }
            });
    container.children().forEach(child -> addThreads(child, threads));
  }

  /** The calling thread, up to the method of {@link GoroutineProfiler} it called. */
  public Goroutine caller() {
    Thread thread = Thread.currentThread();
    begin(thread);
    facts.mounted = true;
    facts.state = Thread.State.RUNNABLE;
    StackTraceElement[] elements = thread.getStackTrace();
    int from = 0;
    String profiler = GoroutineProfiler.class.getName();
    while (!elements[from].getClassName().equals(profiler)) {
      from++;
    }
    for (int i = from; i < elements.length; i++) {
      facts.add(cache.frame(elements[i]));
    }
    return interpreter.goroutine(facts);
  }

  /** What a thread is counted by, or null if it has ended. */
  public GoroutineProfile.Group group(Thread thread) {
    if (!thread.isAlive()) {
      return null;
    }
    begin(thread);
    frames(thread);
    return new GoroutineProfile.Group(interpreter.shape(facts).stack(), interpreter.labels(facts));
  }

  /** The goroutine of a thread, or null if the thread has ended. */
  public Goroutine goroutine(Thread thread) {
    for (int attempt = 1; ; attempt++) {
      if (!thread.isAlive()) {
        return null;
      }
      begin(thread);
      frames(thread);
      facts.state = thread.getState();
      boolean stopped = interpreter.shape(facts).finding().stopped();
      boolean waits =
          facts.state == Thread.State.WAITING || facts.state == Thread.State.TIMED_WAITING;
      if (waits && !stopped && attempt < ATTEMPTS) {
        continue; // It stopped after its stack was taken.
      }
      if (waits && !stopped && facts.depth > 0 && facts.virtual) {
        // As good as always on its way from one wait to the next.
        facts.state = Thread.State.RUNNABLE;
      }
      if (waits) {
        Object blocker = LockSupport.getBlocker(thread);
        facts.blocker = blocker == null ? null : blocker.getClass().getName();
      }
      facts.mounted = !facts.virtual || stopped || facts.state != Thread.State.RUNNABLE;
      if (!facts.mounted) {
        facts.mounted = hasCarrier(thread);
      }
      return interpreter.goroutine(facts);
    }
  }

  private void begin(Thread thread) {
    facts.clear();
    facts.id = thread.threadId();
    facts.virtual = thread.isVirtual();
    facts.inherited = InheritedLabels.of(thread);
  }

  private void frames(Thread thread) {
    StackTraceElement[] elements = thread.getStackTrace();
    for (StackTraceElement element : elements) {
      facts.add(cache.frame(element));
    }
    if (elements.length == 0) {
      facts.name = thread.getName();
    }
  }

  /**
   * Whether a virtual thread is mounted: its text ends in {@code runnable@carrier} then, without
   * the carrier otherwise (VirtualThread.toString).
   */
  private static boolean hasCarrier(Thread thread) {
    String text = thread.toString();
    return text.indexOf('@', text.lastIndexOf("]/") + 1) >= 0;
  }
}
