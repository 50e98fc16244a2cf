package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.LockOwners;
import dev.controlplane.pprof.sources.MonitorSnapshot;
import dev.controlplane.pprof.threads.Interpreter;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.threads.ThreadFacts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds deadlocks among virtual and platform threads, over monitors and locks of {@code
 * java.util.concurrent.locks}, mixed. Thread-safe.
 *
 * <p>Locks that can be taken for a limited time only, and threads that wait with a time limit, are
 * in no deadlock: they give up. The JVM records no owner for read locks, {@code StampedLock} and
 * {@code Semaphore}.
 *
 * <p>Implementation note: owners of locks are read from the locks. Owners of monitors are known to
 * the JVM alone. Asking it is safe only for threads that stand still ({@link MonitorSnapshot}). So
 * a thread is asked only after it has waited for a lock for a second, in the same place, and if
 * everybody in its chain has. A thread that gets its lock just while it is asked can still crash a
 * JVM of version 25: it would have to be within some microseconds, after a second.
 */
final class DeadlockFinder {
  /** How long a thread must have waited before it counts as standing still. */
  private static final long STILL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Between two looks at threads that must stand still. */
  private static final long LOOK_MILLIS = 100;

  /** How long after a circle was seen it must still be there. */
  private static final long CONFIRM_MILLIS = 10;

  private record Standing(int mark, int stackHash, long since) {}

  /** The ids of each circle that was found last. */
  private volatile List<Set<Long>> known = List.of();

  /** Since when each suspect has waited; suspects only. */
  private final Map<Long, Standing> standing = new HashMap<>();

  /**
   * Looks for deadlocks. Takes a second or two if threads wait for monitors.
   *
   * @param hotspot whether to ask the JVM at once, also for threads that may move
   */
  List<Deadlock> find(boolean hotspot) throws IOException {
    try {
      LockWaits waits = LockWaits.now();
      if (waits.hasUnreadMonitors()) {
        if (MonitorSnapshot.available()) {
          waits = withMonitors(waits, hotspot);
        } else {
          waits.readMonitors(Set.of());
        }
      }
      List<Deadlock> found = confirmed(waits);
      known = found.stream().map(DeadlockFinder::ids).toList();
      return found.isEmpty() ? platformOnly() : found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  /**
   * What is added to the state of deadlocked threads in a list of all. Does not ask the JVM: a list
   * of threads must not be a risk. Deadlocks over monitors are marked once {@link #find} knows
   * them.
   */
  Map<Long, String> marks() throws IOException {
    try {
      LockWaits waits = LockWaits.now();
      Set<Long> suspects =
          waits.all().stream().map(wait -> wait.thread().threadId()).collect(Collectors.toSet());
      waits.readMonitors(Set.of());
      var marks = new HashMap<Long, String>();
      Stream.concat(
              confirmed(waits).stream().map(DeadlockFinder::ids),
              known.stream().filter(suspects::containsAll))
          .forEach(circle -> circle.forEach(id -> marks.put(id, " (deadlocked)")));
      return marks;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  private static List<Deadlock> confirmed(LockWaits waits) throws InterruptedException {
    List<List<LockWaits.LockWait>> circles = waits.circles();
    if (circles.isEmpty()) {
      return List.of();
    }
    Thread.sleep(CONFIRM_MILLIS);
    return circles.stream()
        .filter(circle -> circle.stream().allMatch(LockWaits::holds))
        .map(DeadlockFinder::describe)
        .toList();
  }

  private static Set<Long> ids(Deadlock deadlock) {
    return deadlock.members().stream().map(Deadlock.Member::id).collect(Collectors.toSet());
  }

  /** What this JVM keeps to itself, in sentences; empty if nothing. */
  static List<String> blindSpots() {
    var spots = new ArrayList<String>();
    if (!LockOwners.visible()) {
      spots.add(
          "owners of java.util.concurrent locks can't be seen: start the JVM with "
              + LockOwners.OPTION);
    }
    if (!MonitorSnapshot.available()) {
      spots.add(
          "owners of monitors can't be seen: use JDK 25 or later and start the JVM with "
              + MonitorSnapshot.OPTION);
    }
    return spots;
  }

  private LockWaits withMonitors(LockWaits first, boolean hotspot) throws InterruptedException {
    LockWaits waits = first;
    long end = System.nanoTime() + 2 * STILL_NANOS;
    while (true) {
      Set<Thread> still = still(waits.all(), hotspot);
      boolean all = still.size() == waits.all().size();
      if (all || System.nanoTime() > end) {
        waits.readMonitors(still);
        return waits;
      }
      Thread.sleep(LOOK_MILLIS);
      waits = LockWaits.now();
      if (!waits.hasUnreadMonitors()) {
        return waits;
      }
    }
  }

  /** Those suspects that have waited in the same place for long enough. */
  private synchronized Set<Thread> still(List<LockWaits.LockWait> suspects, boolean hotspot) {
    var still = Collections.<Thread>newSetFromMap(new IdentityHashMap<>());
    var known = new HashMap<Long, Standing>();
    long now = System.nanoTime();
    for (LockWaits.LockWait wait : suspects) {
      int stackHash = List.of(wait.thread().getStackTrace()).hashCode();
      Standing before = standing.get(wait.thread().threadId());
      Standing standsSince =
          before != null && before.mark == wait.mark() && before.stackHash == stackHash
              ? before
              : new Standing(wait.mark(), stackHash, now);
      known.put(wait.thread().threadId(), standsSince);
      if (hotspot || now - standsSince.since >= STILL_NANOS) {
        still.add(wait.thread());
      }
    }
    standing.clear();
    standing.putAll(known);
    return still;
  }

  private static List<Deadlock> platformOnly() {
    if (LockOwners.visible() && MonitorSnapshot.available()) {
      return List.of();
    }
    var reader = new StackReader();
    return PlatformDeadlocks.find(reader.frames, reader::stack);
  }

  /** Reads visible stacks. Not thread-safe. */
  private static final class StackReader {
    final FrameTable.Cache frames = Roster.FRAMES.new Cache();
    private final Interpreter interpreter = Interpreter.ofThisJvm(false);
    private final ThreadFacts facts = new ThreadFacts();

    Stack stack(Thread thread) {
      facts.clear();
      facts.id = thread.threadId();
      facts.virtual = thread.isVirtual();
      for (StackTraceElement element : thread.getStackTrace()) {
        facts.add(frames.frame(element));
      }
      return interpreter.shape(facts).stack();
    }
  }

  private static Deadlock describe(List<LockWaits.LockWait> circle) {
    var reader = new StackReader();
    var members = new ArrayList<Deadlock.Member>();
    for (LockWaits.LockWait wait : circle) {
      String lock =
          wait.lock().getClass().getName()
              + "@"
              + Integer.toHexString(System.identityHashCode(wait.lock()));
      members.add(
          new Deadlock.Member(
              wait.thread().threadId(),
              wait.thread().getName(),
              wait.thread().isVirtual(),
              reader.stack(wait.thread()),
              wait.monitor() ? "monitor " + lock : lock,
              wait.owner().threadId(),
              wait.taken() == null ? null : reader.frames.frame(wait.taken())));
    }
    return new Deadlock(members);
  }
}
