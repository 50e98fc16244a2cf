package dev.controlplane.pprof.contention;

import java.util.Arrays;

/**
 * The waiting threads of one look, by thread id: what each is parked on, and its wait if that is
 * known. Holds no reference to a thread or to a lock. Not thread-safe.
 *
 * <p>Implementation note: a hash table with open addressing. It is filled anew at each look, so it
 * must not create objects.
 */
final class SeenThreads {
  /** Threads beyond this are forgotten from one look to the next. */
  private static final int MAX = 1 << 18;

  private long[] ids = new long[1 << 8];
  private int[] marks = new int[1 << 8];
  private Wait[] waits = new Wait[1 << 8];
  private int size;

  void clear() {
    Arrays.fill(ids, 0);
    Arrays.fill(waits, null);
    size = 0;
  }

  /** Returns the place of a thread for {@link #mark} and {@link #wait}; negative if absent. */
  int find(long id) {
    int slot = slot(id);
    return ids[slot] == id ? slot : -1;
  }

  /** What identifies the object that the thread is parked on, and its state. */
  int mark(int place) {
    return marks[place];
  }

  /** The thread's wait; null if unknown. */
  Wait wait(int place) {
    return waits[place];
  }

  /** Adds a thread. Ids of threads are positive. */
  void put(long id, int mark, Wait wait) {
    if (size >= MAX) {
      return;
    }
    if (size * 2 >= ids.length) {
      grow();
    }
    int slot = slot(id);
    if (ids[slot] != id) {
      ids[slot] = id;
      size++;
    }
    marks[slot] = mark;
    waits[slot] = wait;
  }

  private int slot(long id) {
    int mask = ids.length - 1;
    int slot = (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) & mask;
    while (ids[slot] != 0 && ids[slot] != id) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldIds = ids;
    int[] oldMarks = marks;
    Wait[] oldWaits = waits;
    ids = new long[oldIds.length * 2];
    marks = new int[ids.length];
    waits = new Wait[ids.length];
    for (int i = 0; i < oldIds.length; i++) {
      if (oldIds[i] != 0) {
        int slot = slot(oldIds[i]);
        ids[slot] = oldIds[i];
        marks[slot] = oldMarks[i];
        waits[slot] = oldWaits[i];
      }
    }
  }
}
