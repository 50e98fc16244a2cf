package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.threads.Exports;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jdk.internal.misc.Unsafe;

/**
 * Tells whether a waiting virtual thread has run since its stack was last read.
 *
 * <p>The JVM keeps the stack of an unmounted virtual thread in a heap object (jdk.internal.vm.
 * StackChunk). Its words are the return addresses and the values of all frames, so they stay as
 * they are while the thread does not run, but for the garbage collector, which may move what they
 * refer to. Hashing them takes a tenth of the time of {@link Thread#getStackTrace}, stops nobody,
 * and changes nothing.
 *
 * <p>Requires that {@code java.lang} and {@code jdk.internal.vm} are open, and {@code
 * jdk.internal.misc} exported, to this code. Otherwise, and on JVMs that keep stacks in another
 * way, there are no prints.
 */
final class FrozenStack {
  /** What {@link #print} returns if a thread has none. */
  static final long NONE = 0;

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  /** The states in which a thread is unmounted and waits; not all JDKs have all of them. */
  private static final List<String> WAITING =
      List.of("PARKED", "TIMED_PARKED", "BLOCKED", "WAIT", "TIMED_WAIT");

  /**
   * The JVM's fields. A record, because the JIT compiler treats its fields as constants.
   *
   * @param waiting bit n is set if n is one of the {@link #WAITING} states
   * @param words where the words of a chunk begin, or a little before: no later
   */
  private record Layout(
      Class<?> virtualThread,
      VarHandle state,
      VarHandle continuation,
      VarHandle tail,
      VarHandle parent,
      VarHandle size,
      VarHandle sp,
      long waiting,
      long words) {}

  /** Null if this JVM has no such stacks, or keeps them to itself. */
  private static final Layout LAYOUT = Exports.stacks() ? find() : null;

  private FrozenStack() {}

  private static Layout find() {
    try {
      Class<?> thread = named("java.lang.VirtualThread");
      Class<?> continuation = named("jdk.internal.vm.Continuation");
      Class<?> chunk = named("jdk.internal.vm.StackChunk");
      MethodHandles.Lookup here = MethodHandles.lookup();
      MethodHandles.Lookup ofThread = MethodHandles.privateLookupIn(thread, here);
      MethodHandles.Lookup ofContinuation = MethodHandles.privateLookupIn(continuation, here);
      MethodHandles.Lookup ofChunk = MethodHandles.privateLookupIn(chunk, here);
      return new Layout(
          thread,
          ofThread.findVarHandle(thread, "state", int.class),
          ofThread.findVarHandle(thread, "cont", continuation),
          ofContinuation.findVarHandle(continuation, "tail", chunk),
          ofChunk.findVarHandle(chunk, "parent", chunk),
          ofChunk.findVarHandle(chunk, "size", int.class),
          ofChunk.findVarHandle(chunk, "sp", int.class),
          waiting(thread, ofThread),
          words(chunk));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // this JVM keeps stacks in another way
    }
  }

  /** Not initialized: some of them can't be where virtual threads are platform threads. */
  private static Class<?> named(String name) throws ClassNotFoundException {
    return Class.forName(name, false, null);
  }

  private static long waiting(Class<?> thread, MethodHandles.Lookup lookup)
      throws ReflectiveOperationException {
    Set<String> names = new HashSet<>(WAITING);
    long waiting = 0;
    for (var field : thread.getDeclaredFields()) {
      if (names.remove(field.getName())) {
        waiting |= 1L << (int) lookup.unreflectVarHandle(field).get();
      }
    }
    return waiting;
  }

  /** The words follow the last field. The JVM adds fields that Java code does not see. */
  private static long words(Class<?> chunk) {
    Unsafe unsafe = Unsafe.getUnsafe();
    long end = 0;
    for (String field : List.of("parent", "size", "sp")) {
      end = Math.max(end, unsafe.objectFieldOffset(chunk, field) + Integer.BYTES);
    }
    return (end + Long.BYTES - 1) & -Long.BYTES;
  }

  /**
   * Returns a hash of a thread's frames: the same as before if the thread has not run since. {@link
   * #NONE} for threads that do not wait, platform threads, and threads that ran meanwhile.
   */
  static long print(Thread thread) {
    Layout layout = LAYOUT;
    if (layout == null || thread.getClass() != layout.virtualThread) {
      return NONE;
    }
    int state = (int) layout.state.getAcquire(thread);
    if (state < 0 || state >= Long.SIZE || (layout.waiting >>> state & 1) == 0) {
      return NONE;
    }
    Object chunk = layout.tail.get(layout.continuation.get(thread));
    long print = state;
    while (chunk != null) {
      // Read once: the words between them are within the object whatever the thread does.
      int size = (int) layout.size.getOpaque(chunk);
      int sp = (int) layout.sp.getOpaque(chunk);
      print = hash(print, chunk, layout.words, Math.clamp(sp, 0, size), size);
      chunk = layout.parent.get(chunk);
    }
    VarHandle.acquireFence();
    return (int) layout.state.getOpaque(thread) == state ? print | 1 : NONE;
  }

  private static long hash(long seed, Object chunk, long words, int from, int to) {
    Unsafe unsafe = Unsafe.getUnsafe();
    long even = seed + to - from;
    long odd = ~seed;
    long at = words + (long) from * Long.BYTES;
    long end = words + (long) to * Long.BYTES;
    for (; at + Long.BYTES < end; at += 2 * Long.BYTES) {
      even = Long.rotateLeft(even ^ unsafe.getLong(chunk, at), 29) * MULTIPLIER;
      odd = Long.rotateLeft(odd ^ unsafe.getLong(chunk, at + Long.BYTES), 31) * MULTIPLIER;
    }
    if (at < end) {
      even = Long.rotateLeft(even ^ unsafe.getLong(chunk, at), 29) * MULTIPLIER;
    }
    return (Long.rotateLeft(even, 17) ^ odd) * MULTIPLIER;
  }
}
