package dev.controlplane.pprof.leak;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds the waiting threads of a heap dump that nothing can wake: what they wait on is reachable
 * only from such threads. As Go's collector finds leaked goroutines: at first only threads that
 * don't wait are alive. What they reach is alive. A thread that waits on something alive is alive
 * itself, with all that its stack reaches, and so on until nothing changes.
 *
 * <p>A reference to the thread itself does not make it alive, nor do weak and phantom references.
 * Not thread-safe.
 */
final class Reachability {
  private static final class Waiter {
    final HeapDump.DumpedThread thread;
    final long[] blockers;
    boolean alive;

    Waiter(HeapDump.DumpedThread thread, long... blockers) {
      this.thread = thread;
      this.blockers = blockers;
    }
  }

  private final HeapDump dump;
  private final Map<Long, Waiter> waiters = new HashMap<>();
  private final BitSet reached = new BitSet();
  private int[] open = new int[1 << 12];
  private int opened;

  private Reachability(HeapDump dump) {
    this.dump = dump;
  }

  /**
   * Returns the ids of the leaked threads.
   *
   * @param waiting ids of the threads that wait for something other than time and the network
   */
  static Set<Long> leaked(HeapDump dump, Set<Long> waiting) {
    var search = new Reachability(dump);
    search.begin(waiting);
    return search.finish();
  }

  private void begin(Set<Long> waiting) {
    for (HeapDump.DumpedThread thread : dump.threads.values()) {
      long id = id(thread.object);
      long[] blockers = waiting.contains(id) ? blockers(thread) : new long[0];
      if (blockers.length > 0) {
        waiters.put(id, new Waiter(thread, blockers));
      }
    }
    dump.globalRoots.forEach(this::reach);
    for (HeapDump.DumpedThread thread : dump.threads.values()) {
      if (!waiters.containsKey(id(thread.object))) {
        reach(thread.object);
        thread.roots.forEach(root -> reach(root.object()));
      }
    }
  }

  private Set<Long> finish() {
    boolean changed = true;
    while (changed) {
      drain();
      changed = false;
      for (Waiter waiter : waiters.values()) {
        if (!waiter.alive && Arrays.stream(waiter.blockers).anyMatch(this::isAlive)) {
          waiter.alive = true;
          changed = true;
          int number = dump.objects.find(waiter.thread.object);
          reached.set(number);
          scan(number); // a waiting thread is scanned only in part
          waiter.thread.roots.forEach(root -> reach(root.object()));
        }
      }
    }
    var leaked = new HashSet<Long>();
    waiters.forEach(
        (id, waiter) -> {
          if (!waiter.alive) {
            leaked.add(id);
          }
        });
    return leaked;
  }

  /** The thread's id; 0 if the object is no thread. */
  private long id(long object) {
    int number = dump.objects.find(object);
    if (number < 0) {
      return 0;
    }
    int position = dump.objects.position(number);
    if (dump.bytes.get(position) != HeapDump.INSTANCE) {
      return 0;
    }
    HeapClass type = dump.classOf(position);
    return type == null || type.tid() < 0
        ? 0
        : dump.bytes.getLong(HeapDump.fields(position) + type.tid());
  }

  /** What a thread waits on: the object that it is parked on, or that of {@code Object.wait}. */
  private long[] blockers(HeapDump.DumpedThread thread) {
    int position = dump.objects.position(dump.objects.find(thread.object));
    HeapClass type = dump.classOf(position);
    long parked = dump.bytes.getLong(HeapDump.fields(position) + type.parkBlocker());
    if (parked != 0) {
      return new long[] {parked};
    }
    return thread.roots.stream()
        .filter(root -> dump.isMethod(thread, root.frame(), "java/lang/Object", "wait"))
        .mapToLong(HeapDump.Root::object)
        .distinct()
        .toArray();
  }

  /** Whether an object is alive; a thread object is if its thread is (for Thread.join). */
  private boolean isAlive(long object) {
    Waiter waiter = waiters.get(id(object));
    if (waiter != null) {
      return waiter.alive;
    }
    int number = dump.objects.find(object);
    return number < 0 || reached.get(number);
  }

  private void reach(long object) {
    int number = dump.objects.find(object);
    if (number < 0 || reached.get(number)) {
      return;
    }
    reached.set(number);
    if (opened == open.length) {
      open = Arrays.copyOf(open, opened * 2);
    }
    open[opened++] = number;
  }

  private void drain() {
    while (opened > 0) {
      scan(open[--opened]);
    }
  }

  private void scan(int number) {
    int position = dump.objects.position(number);
    switch (dump.bytes.get(position)) {
      case HeapDump.CLASS -> dump.forEachReferenceOfClass(position, this::reach);
      case HeapDump.OBJECT_ARRAY -> dump.forEachElement(position, this::reach);
      case HeapDump.INSTANCE -> scanInstance(position);
      default -> {}
    }
  }

  private void scanInstance(int position) {
    reach(dump.classId(position));
    HeapClass type = dump.classOf(position);
    if (type == null) {
      return;
    }
    int[] references = type.references();
    int fields = HeapDump.fields(position);
    int count = references.length;
    if (type.isThread()) {
      Waiter waiter = waiters.get(dump.bytes.getLong(fields + type.tid()));
      if (waiter != null && !waiter.alive) {
        count = type.ownReferences();
      }
    }
    for (int i = 0; i < count; i++) {
      reach(dump.bytes.getLong(fields + references[i]));
    }
  }
}
