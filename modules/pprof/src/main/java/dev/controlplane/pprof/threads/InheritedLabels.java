package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.model.LabelSet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Labels that a thread inherits from the thread that started it, however it was started, as
 * goroutines do (runtime/proc.go, newproc1). They are kept in an inheritable thread local: the JVM
 * passes it to every new thread, unless the thread's builder says otherwise, and drops it when the
 * thread ends.
 *
 * <p>Requires that {@code java.lang} is open to this code; otherwise nothing is inherited.
 *
 * <p>Implementation note: the labels of other threads are read from the JVM's own table ({@code
 * Thread.inheritableThreadLocals}), without a lock, while its owner may change it. This is safe: an
 * entry is seen either complete or without its key or value, and then skipped; and labels are
 * immutable. A read returns the labels before a change, after it, or none. Nothing is ever written
 * to another thread.
 */
public final class InheritedLabels {
  private static final InheritableThreadLocal<LabelSet> LABELS = new InheritableThreadLocal<>();

  /**
   * The fields of the JVM's table. A record, because the JIT compiler treats its fields as
   * constants.
   */
  private record Fields(VarHandle map, VarHandle table, VarHandle value) {}

  /** Null if the table can't be accessed. */
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
      return null; // this JVM stores thread locals elsewhere
    }
  }

  /** Returns the labels of any thread. For a thread without thread locals this reads one field. */
  public static LabelSet of(Thread thread) {
    if (FIELDS == null) {
      return LabelSet.EMPTY;
    }
    Object map = FIELDS.map.getAcquire(thread);
    Object[] table = map == null ? null : (Object[]) FIELDS.table.getAcquire(map);
    if (table == null) {
      return LabelSet.EMPTY;
    }
    // Searches the whole table, not from the key's slot on: entries move while the owner removes
    // others.
    for (Object slot : table) {
      if (slot instanceof WeakReference<?> entry && isOurs(entry)) {
        Object value = FIELDS.value.getAcquire(entry);
        return value instanceof LabelSet labels ? labels : LabelSet.EMPTY;
      }
    }
    return LabelSet.EMPTY;
  }

  @SuppressWarnings("unchecked") // only compared, never read
  private static boolean isOurs(WeakReference<?> entry) {
    return ((WeakReference<Object>) entry).refersTo(LABELS);
  }

  /** Returns the labels of those threads that have any, by thread id. */
  public static Map<Long, LabelSet> byId(List<Thread> threads) {
    return threads.stream()
        .filter(thread -> !of(thread).isEmpty())
        .collect(Collectors.toMap(Thread::threadId, InheritedLabels::of, (one, same) -> one));
  }

  /** Sets the labels of the current thread. Threads that it starts from now on inherit them. */
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
