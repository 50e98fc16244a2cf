package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.sources.LockOwners;
import dev.controlplane.pprof.sources.MonitorSnapshot;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that wait for a lock without a time limit, and who holds it: for locks of {@code
 * java.util.concurrent.locks} at once, for monitors after {@link #readMonitors}.
 */
final class LockWaits {
  /**
   * A thread and the lock that it waits for.
   *
   * @param lock null for a monitor that is not known yet
   * @param owner null if not known yet
   * @param taken where the owner took the lock; null if unknown
   */
  record LockWait(Thread thread, Object lock, Thread owner, StackTraceElement taken) {
    boolean monitor() {
      return lock == null || taken != null;
    }

    /** The same as long as the thread waits for the same lock of the same owner. */
    int mark() {
      return System.identityHashCode(lock) * 31 + System.identityHashCode(owner);
    }
  }

  private final IdentityHashMap<Thread, LockWait> waits = new IdentityHashMap<>();

  private LockWaits() {}

  /** Looks at all threads. */
  static LockWaits now() {
    var found = new LockWaits();
    for (Thread thread : LiveSource.threads()) {
      LockWait wait = of(thread);
      if (wait != null) {
        found.waits.put(thread, wait);
      }
    }
    found.prune();
    return found;
  }

  private static LockWait of(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED -> new LockWait(thread, null, null, null);
      case WAITING -> {
        Object lock = LockSupport.getBlocker(thread);
        Thread owner = LockOwners.of(lock);
        yield owner == null || owner == thread ? null : new LockWait(thread, lock, owner, null);
      }
      default -> null;
    };
  }

  /** Whether a thread still waits for the same lock of the same owner. */
  static boolean holds(LockWait wait) {
    if (wait.monitor()) {
      return wait.thread.getState() == Thread.State.BLOCKED;
    }
    LockWait again = of(wait.thread);
    return again != null && !again.monitor() && again.mark() == wait.mark();
  }

  /** Removes threads that wait for one that waits for no lock: they are in no circle. */
  private void prune() {
    boolean removed = true;
    while (removed) {
      removed =
          waits.values().removeIf(wait -> wait.owner != null && !waits.containsKey(wait.owner));
    }
    if (waits.size() == 1) {
      waits.clear();
    }
  }

  /** The threads that may be part of a circle. */
  List<LockWait> all() {
    return new ArrayList<>(waits.values());
  }

  /** Whether there are threads that wait for a monitor of which nobody has been asked. */
  boolean hasUnreadMonitors() {
    return waits.values().stream().anyMatch(wait -> wait.lock == null);
  }

  /** Finds the owners of monitors among these threads, all of which must stand still. */
  void readMonitors(Set<Thread> standing) {
    record Owner(Thread thread, StackTraceElement where) {}
    var entered = new IdentityHashMap<Thread, Object>();
    var owners = new IdentityHashMap<Object, Owner>();
    for (LockWait wait : all()) {
      // Asked again: the thread must not have moved on since it was seen.
      if (!standing.contains(wait.thread) || !holds(wait)) {
        continue;
      }
      MonitorSnapshot snapshot = MonitorSnapshot.of(wait.thread);
      if (snapshot == null) {
        continue;
      }
      entered.put(wait.thread, snapshot.enters());
      for (MonitorSnapshot.Owned owned : snapshot.owned()) {
        owners.putIfAbsent(owned.monitor(), new Owner(wait.thread, owned.where()));
      }
    }
    for (LockWait wait : all()) {
      if (wait.lock == null) {
        Object monitor = entered.get(wait.thread);
        Owner owner = monitor == null ? null : owners.get(monitor);
        if (owner == null) {
          waits.remove(wait.thread);
        } else {
          waits.put(wait.thread, new LockWait(wait.thread, monitor, owner.thread, owner.where));
        }
      }
    }
    prune();
  }

  /** The circles: each thread waits for the owner of its lock, who is the next one. */
  List<List<LockWait>> circles() {
    var circles = new ArrayList<List<LockWait>>();
    var visited = new IdentityHashMap<Thread, Integer>();
    int walk = 0;
    for (LockWait start : all()) {
      walk++;
      LockWait at = start;
      while (at != null && !visited.containsKey(at.thread)) {
        visited.put(at.thread, walk);
        at = at.owner == null ? null : waits.get(at.owner);
      }
      if (at != null && visited.get(at.thread) == walk) {
        circles.add(circle(at));
      }
    }
    return circles;
  }

  private List<LockWait> circle(LockWait first) {
    var circle = new ArrayList<LockWait>();
    LockWait at = first;
    do {
      circle.add(at);
      at = waits.get(at.owner);
    } while (at.thread != first.thread);
    return circle;
  }
}
