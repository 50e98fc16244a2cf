package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.SpawnSites;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Converts what a source knows about a thread into a goroutine: state, trimmed stack, creator and
 * labels. Not thread-safe.
 */
public final class Interpreter {
  private static final Map<String, SpawnSites.SpawnSite> SITES = sites();

  /** Names of JVM threads that run no Java code, and the state to show for them. */
  private static final Map<String, String> JVM_THREADS =
      Map.of(
          "Signal Dispatcher", WaitReasons.SYSCALL,
          "Attach Listener", WaitReasons.SYSCALL,
          "Notification Thread", WaitReasons.WAITING,
          "Service Thread", WaitReasons.WAITING,
          "Monitor Deflation Thread", WaitReasons.WAITING);

  private static final Set<Thread.State> GONE = Set.of(Thread.State.NEW, Thread.State.TERMINATED);

  private final FrameTable table;
  private final Shapes shapes = new Shapes(SITES);
  private final boolean roster;
  private final boolean labels;

  private Interpreter(FrameTable table, boolean roster, boolean labels) {
    this.table = table;
    this.roster = roster;
    this.labels = labels;
  }

  /** An interpreter for threads of this JVM. */
  public static Interpreter ofThisJvm(boolean labels) {
    return new Interpreter(Roster.FRAMES, true, labels);
  }

  /** An interpreter for threads of another JVM, whose creators and labels are unknown. */
  public static Interpreter ofAnother(FrameTable table) {
    return new Interpreter(table, false, false);
  }

  private static Map<String, SpawnSites.SpawnSite> sites() {
    var all = new HashMap<String, SpawnSites.SpawnSite>();
    // Not the context class loader: the first profile may be taken by any thread.
    ServiceLoader.load(SpawnSites.class, SpawnSites.class.getClassLoader())
        .forEach(library -> all.putAll(library.byRootMethod()));
    return Map.copyOf(all);
  }

  /** Returns the goroutine of a thread; null if the thread has ended or not started. */
  public Goroutine goroutine(ThreadFacts facts) {
    return goroutine(facts, shape(facts));
  }

  /** The same, of a thread whose stack has a known shape. */
  public Goroutine goroutine(ThreadFacts facts, Shape shape) {
    if (facts.state != null && GONE.contains(facts.state)) {
      return null;
    }
    return new Goroutine(
        facts.id, state(facts, shape), shape.stack(), creator(facts, shape), labels(facts));
  }

  /** Returns the visible part of a thread's stack, and what its frames tell. */
  public Shape shape(ThreadFacts facts) {
    if (facts.depth == 0) {
      facts.add(frameless(facts));
    }
    return shapes.shape(facts.frames, facts.depth);
  }

  /**
   * A frame for a thread without frames. Readers of stack dumps drop goroutines without frames, or
   * fail.
   */
  private Frame frameless(ThreadFacts facts) {
    String file = FrameTable.NO_FILE;
    if (facts.virtual) {
      return table.named("java.lang.VirtualThread", "start", "java/lang/VirtualThread.java", 0);
    }
    return JVM_THREADS.containsKey(facts.name)
        ? table.named("jvm", facts.name.replace(" ", ""), file, 0)
        : table.named("java.lang.Thread", "start", "java/lang/Thread.java", 0);
  }

  private static String state(ThreadFacts facts, Shape shape) {
    Frame leaf = shape.stack().frames[0];
    if (leaf.function.className.equals("jvm")) {
      return JVM_THREADS.getOrDefault(facts.name, WaitReasons.WAITING);
    }
    boolean onThread = !facts.virtual || facts.mounted;
    return WaitReasons.state(facts.state, onThread, facts.blocker, shape.finding());
  }

  public LabelSet labels(ThreadFacts facts) {
    if (!labels) {
      return LabelSet.EMPTY;
    }
    Roster.Entry entry = Roster.entry(facts.id);
    return entry == null ? facts.inherited : entry.labels();
  }

  private Creator creator(ThreadFacts facts, Shape shape) {
    Roster.Entry entry = roster ? Roster.entry(facts.id) : null;
    if (entry != null && entry.creator() != null) {
      Frame frame = entry.creator();
      return new Creator(frame.function.name, frame.function.file(), frame.line, entry.parent());
    }
    SpawnSites.SpawnSite site = shape.site();
    return site == null ? null : new Creator(site.method(), site.file(), site.line(), 0);
  }
}
