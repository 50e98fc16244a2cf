package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.threads.Exports;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.InheritedLabels;
import dev.controlplane.pprof.threads.Interpreter;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.threads.Shape;
import dev.controlplane.pprof.threads.ThreadFacts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import jdk.internal.vm.ContinuationSupport;
import jdk.internal.vm.ThreadContainer;
import jdk.internal.vm.ThreadContainers;

/**
 * Examines the live threads of this JVM one by one, with calls that stop at most the examined
 * thread. Not thread-safe. The list of threads comes from the JDK ({@code jdk.internal.vm}, which
 * must be exported to this code). Without it, only those virtual threads are visible that {@link
 * Goroutines} started.
 */
public final class LiveSource {
  /** How often a thread is examined again if it moves on meanwhile. */
  private static final int ATTEMPTS = 3;

  /** How many threads are listed before yielding; takes a fraction of a millisecond. */
  private static final int STRETCH = 1024;

  /** Threads that help to take profiles; they are not shown. */
  static final Set<Thread> HELPERS = ConcurrentHashMap.newKeySet();

  private static final KnownStacks STACKS = new KnownStacks();

  private final FrameTable.Cache cache = Roster.FRAMES.new Cache();
  private final ThreadFacts facts = new ThreadFacts();
  private final Interpreter interpreter;

  public LiveSource(boolean labels) {
    this.interpreter = Interpreter.ofThisJvm(labels);
  }

  /** Returns every live thread, platform and virtual, once. */
  public static List<Thread> threads() {
    var threads = new ArrayList<Thread>();
    if (Exports.threadContainers()) {
      addThreads(ThreadContainers.root(), threads);
      if (!ContinuationSupport.isSupported()) {
        addRecorded(threads);
      }
    } else {
      threads.addAll(Thread.getAllStackTraces().keySet());
      Roster.addVirtualThreads(threads);
    }
    if (!HELPERS.isEmpty()) {
      threads.removeIf(HELPERS::contains);
    }
    STACKS.expect(threads.size());
    return threads;
  }

  /** Which threads the list lacks in this JVM, and what brings them; empty if it has all. */
  public static Optional<String> unseen() {
    if (!Exports.threadContainers()) {
      return Optional.of(Exports.withoutThreadContainers());
    }
    return ContinuationSupport.isSupported()
        ? Optional.empty()
        : Optional.of(
            "This JVM runs each virtual thread as a platform thread and does not list it: profiles"
                + " show the virtual threads of executors and of dev.controlplane.pprof.Goroutines"
                + " only. Remove -XX:-VMContinuations to see all");
  }

  /**
   * Adds the virtual threads that have an entry in the roster. A JVM without continuations lists
   * only those virtual threads that an executor started.
   */
  private static void addRecorded(List<Thread> threads) {
    var recorded = new ArrayList<Thread>();
    Roster.addVirtualThreads(recorded);
    recorded.removeAll(new HashSet<>(threads));
    threads.addAll(recorded);
  }

  /** Hides a thread that helps to take profiles, until {@link #show}. */
  public static void hide(Thread helper) {
    HELPERS.add(helper);
  }

  /** Shows a thread again. */
  public static void show(Thread helper) {
    HELPERS.remove(helper);
  }

  // Correctness does not depend on the scheduler's reaction.
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

  /**
   * Returns the calling thread's goroutine, with the stack up to the method of {@link
   * GoroutineProfiler} that it called.
   */
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

  /** Returns what a thread is counted by; null if it has ended. */
  public Profile.Key key(Thread thread) {
    if (!thread.isAlive()) {
      return null;
    }
    begin(thread);
    return new Profile.Key(shape(thread).stack(), interpreter.labels(facts));
  }

  /** Returns the goroutine of a thread; null if it has ended. */
  public Goroutine goroutine(Thread thread) {
    for (int attempt = 1; ; attempt++) {
      if (!thread.isAlive()) {
        return null;
      }
      begin(thread);
      Shape shape = shape(thread);
      facts.state = thread.getState();
      boolean stopped = shape.finding().stopped();
      boolean waits =
          facts.state == Thread.State.WAITING || facts.state == Thread.State.TIMED_WAITING;
      if (waits && !stopped && attempt < ATTEMPTS) {
        continue; // it stopped after its stack was taken
      }
      if (waits && !stopped && facts.virtual) {
        // Such a thread most likely is between two waits.
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
      return interpreter.goroutine(facts, shape);
    }
  }

  /** The shape of a thread's stack, remembered or walked. */
  private Shape shape(Thread thread) {
    long print = FrozenStack.print(thread);
    Shape known = STACKS.get(facts.id, print);
    if (known != null) {
      return known;
    }
    frames(thread);
    Shape shape = interpreter.shape(facts);
    if (print != FrozenStack.NONE && print == FrozenStack.print(thread)) {
      STACKS.put(facts.id, print, shape);
    }
    return shape;
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
   * Whether a virtual thread is mounted. Its text then ends with {@code runnable@carrier},
   * otherwise without a carrier (VirtualThread.toString).
   */
  private static boolean hasCarrier(Thread thread) {
    String text = thread.toString();
    return text.indexOf('@', text.lastIndexOf("]/") + 1) >= 0;
  }
}
