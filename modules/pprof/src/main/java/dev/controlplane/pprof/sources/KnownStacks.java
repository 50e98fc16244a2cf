package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.threads.Shape;
import java.lang.ref.SoftReference;

/**
 * Remembers the shapes of the stacks of waiting virtual threads, so that a thread that has not run
 * since the last profile is not walked again. Thread-safe. It may be dropped when memory is short.
 *
 * <p>A shape is trusted once two walks have found it with the same {@link FrozenStack#print}: a
 * single walk may have met the thread at another place, if the thread ran and came back meanwhile.
 *
 * <p>Implementation note: a table without locks. Entries are immutable, so a reader sees a whole
 * one, or an older one. A thread that finds no free slot replaces another.
 */
final class KnownStacks {
  private static final int LEAST = 1 << 10;
  private static final int PROBES = 4;

  private record Known(long id, long print, Shape shape, boolean confirmed) {}

  private volatile SoftReference<Known[]> table = new SoftReference<>(null);
  private volatile int threads;

  /** Makes room for so many threads at the next {@link #put}. */
  void expect(int count) {
    if (count > threads) {
      threads = count;
    }
  }

  /** Returns the shape of a thread's stack; null if the thread has to be walked. */
  Shape get(long id, long print) {
    Known[] slots = table.get();
    if (slots == null || print == FrozenStack.NONE) {
      return null;
    }
    Known known = slots[slot(slots, id)];
    return known != null && known.id == id && known.print == print && known.confirmed
        ? known.shape
        : null;
  }

  /** Records what a walk found. The prints before and after it must be the same. */
  void put(long id, long print, Shape shape) {
    Known[] slots = slots();
    int slot = slot(slots, id);
    Known before = slots[slot];
    boolean again =
        before != null
            && before.id == id
            && before.print == print
            && before.shape.stack().equals(shape.stack());
    slots[slot] = new Known(id, print, again ? before.shape : shape, again);
  }

  private Known[] slots() {
    Known[] slots = table.get();
    int least = Math.max(LEAST, Integer.highestOneBit(Math.max(1, threads)) * 4);
    if (slots == null || slots.length < least) {
      slots = new Known[least];
      table = new SoftReference<>(slots);
    }
    return slots;
  }

  /** Ids are given one after the other, so neighbours seldom meet. */
  private static int slot(Known[] slots, long id) {
    int mask = slots.length - 1;
    int first = (int) (id ^ id >>> 32) & mask;
    for (int probe = 0; probe < PROBES; probe++) {
      Known known = slots[(first + probe) & mask];
      if (known == null || known.id == id) {
        return (first + probe) & mask;
      }
    }
    return first;
  }
}
