package dev.controlplane.pprof.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The labels that a thread has from the one that started it, however it was started: goroutines
 * have them from theirs in the same way (runtime/proc.go, newproc1). The JVM hands an inheritable
 * thread local on to every thread, unless its builder says otherwise, and drops it when the thread
 * ends.
 *
 * <p>Those of other threads are read where the JVM keeps them, in a table of the thread ({@code
 * Thread.inheritableThreadLocals}), which must be open to this code; without it nothing is
 * inherited here. The owner may change the table meanwhile, for there is no lock: an entry is seen
 * whole, or without its key or value and then passed over, and labels are immutable. So a read
 * gives the labels before a change, those after it, or none. Nothing is ever written to another
 * thread.
 */
public final class InheritedLabels {
  private static final InheritableThreadLocal<LabelSet> LABELS = new InheritableThreadLocal<>();

  /** Where the JVM keeps them. A record: the JIT compiler trusts its fields to stay. */
  private record Fields(VarHandle map, VarHandle table, VarHandle value) {}

  /** Null where they can't be read. */
  private static final Fields FIELDS = Exports.threadLocals() ? find() : null;

  private InheritedLabels() {}

  private static Fields find() {
    try {
      Class<?> map = Class.forName("java.lang.ThreadLocal$ThreadLocalMap");
      Class<?> entry = Class.forName("java.lang.ThreadLocal$ThreadLocalMap$Entry");
      MethodHandles.Lookup here = MethodHandles.lookup();
      return new Fields(
          MethodHandles.privateLookupIn(Thread.class, here)
              .findVarHandle(Thread.class, "inheritableThreadLocals", map),
          MethodHandles.privateLookupIn(map, here).findVarHandle(map, "table", entry.arrayType()),
          MethodHandles.privateLookupIn(entry, here).findVarHandle(entry, "value", Object.class));
    } catch (ReflectiveOperationException e) {
      return null; // A JVM that keeps them elsewhere.
    }
  }

  /** Those of any thread. Threads without thread locals cost a look at one field. */
  public static LabelSet of(Thread thread) {
    if (FIELDS == null) {
      return LabelSet.EMPTY;
    }
    Object map = FIELDS.map.getAcquire(thread);
    Object[] table = map == null ? null : (Object[]) FIELDS.table.getAcquire(map);
    if (table == null) {
      return LabelSet.EMPTY;
    }
    // All of it, not from the key's slot on: entries move while the owner removes others.
    for (Object slot : table) {
      if (slot instanceof WeakReference<?> entry && isOurs(entry)) {
        Object value = FIELDS.value.getAcquire(entry);
        return value instanceof LabelSet labels ? labels : LabelSet.EMPTY;
      }
    }
    return LabelSet.EMPTY;
  }

  @SuppressWarnings("unchecked") // Looked at only.
  private static boolean isOurs(WeakReference<?> entry) {
    return ((WeakReference<Object>) entry).refersTo(LABELS);
  }

  /** Those of all these threads that have any, by thread id. */
  public static Map<Long, LabelSet> byId(List<Thread> threads) {
    return threads.stream()
        .filter(thread -> !of(thread).isEmpty())
        .collect(Collectors.toMap(Thread::threadId, InheritedLabels::of, (one, same) -> one));
  }

  /** Sets those of the current thread, which the threads that it starts from now on have too. */
  static void set(LabelSet labels) {
    if (FIELDS == null || of(Thread.currentThread()).equals(labels)) {
      return;
    }
    if (labels.isEmpty()) {
      LABELS.remove();
    } else {
      LABELS.set(labels);
    }
  }
}
