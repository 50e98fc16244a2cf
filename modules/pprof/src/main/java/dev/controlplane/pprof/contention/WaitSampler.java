package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.JvmThreads;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.sources.LockOwners;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at all threads and adds the time since the last look to the waits that it finds. Not
 * thread-safe.
 *
 * <p>Implementation note: reading a stack costs a hundred times as much as reading a thread's state
 * and the object that it is parked on. So a thread that is parked on the same object as at the last
 * look is taken to be in the same wait, and only a few such stacks are read again each time. Of the
 * other waiting threads at most some hundreds are read. Each is chosen with a known probability and
 * counts for as many as it stands for, so the sums are right on average.
 *
 * <p>How many waits there are: a look sees a wait begin if its thread did not wait there at the
 * last look. Of short waits that is only a part, so some waits are looked at again a moment later
 * ({@link WaitProbes}).
 */
final class WaitSampler {
  /** How many stacks of new waits a look reads before it begins to choose. */
  private static final int FRESH = 64;

  /** How much rarer stacks are read after each {@link #FRESH} of them. */
  private static final int RARER = 8;

  /** How many stacks of lasting waits a look reads again. */
  private static final int AGAIN = 16;

  /** How many holders of locks a look examines. */
  private static final int HOLDERS = 64;

  /** The share of the lasting waits that is read again, if they are few. */
  private static final double AGAIN_SHARE = 0.25;

  private final WaitSums block;
  private final WaitSums mutex;
  private final WaitReader reader = new WaitReader();
  private final IdentityHashMap<Thread, Stack> holders = new IdentityHashMap<>();
  private final WaitProbes locks = new WaitProbes();
  private final WaitProbes recent = new WaitProbes();
  private final WaitProbes old = new WaitProbes();
  private SeenThreads before = new SeenThreads();
  private SeenThreads now = new SeenThreads();
  private int lasting;
  private double chance;
  private int chosen;
  private double nanos;

  WaitSampler(WaitSums block, WaitSums mutex) {
    this.block = block;
    this.mutex = mutex;
  }

  /**
   * Looks at all threads once.
   *
   * @param elapsed nanoseconds since the last look
   */
  void look(double elapsed) {
    nanos = elapsed;
    chance = 1;
    chosen = 0;
    holders.clear(); // after a look that failed
    int lastingBefore = Math.max(1, lasting);
    lasting = 0;
    double again = Math.min(AGAIN_SHARE, (double) AGAIN / lastingBefore);
    List<Thread> threads = LiveSource.threads();
    for (Thread thread : threads) {
      try {
        look(thread, again);
      } catch (RuntimeException e) {
        // A program's own subclass of Thread answers in this way; the others still count.
      }
    }
    if (!locks.isEmpty() || !recent.isEmpty() || !old.isEmpty()) {
      LockSupport.parkNanos(WaitProbes.PAUSE_NANOS);
    }
    locks.settle(elapsed);
    recent.settle(elapsed);
    old.settle(elapsed);
    holders.clear();
    SeenThreads last = before;
    before = now;
    now = last;
    now.clear();
  }

  private void look(Thread thread, double again) {
    Thread.State state = thread.getState();
    if (state != Thread.State.BLOCKED
        && state != Thread.State.WAITING
        && state != Thread.State.TIMED_WAITING) {
      return;
    }
    Object blocker = state == Thread.State.BLOCKED ? null : LockSupport.getBlocker(thread);
    int mark = mark(state, blocker);
    long id = thread.threadId();
    int place = before.find(id);
    boolean lasts = place >= 0 && before.mark(place) == mark;
    // All monitors have the same mark, so their stacks are read each time.
    Wait known = lasts && state != Thread.State.BLOCKED ? before.wait(place) : null;
    if (known != null) {
      lasting++;
      if (ThreadLocalRandom.current().nextDouble() < again) {
        Wait read = read(thread);
        known = read == null ? known : read;
      }
      now.put(id, mark, known);
      count(thread, known, blocker, mark, true, 1);
      return;
    }
    double weight = choose();
    Wait read = weight > 0 ? read(thread) : null;
    now.put(id, mark, read);
    if (read != null) {
      count(thread, read, blocker, mark, lasts, weight);
    }
  }

  private Wait read(Thread thread) {
    return JvmThreads.has(thread) ? Wait.NOT_COUNTED : reader.wait(thread);
  }

  /** Returns for how many threads the next one counts; 0 if it is passed over. */
  private double choose() {
    if (chance < 1 && ThreadLocalRandom.current().nextDouble() >= chance) {
      return 0;
    }
    double weight = 1 / chance;
    if (++chosen % FRESH == 0) {
      chance /= RARER;
    }
    return weight;
  }

  /**
   * Tells a thread's waits apart: the state, and the object that it is parked on. Not the object
   * itself, which must not be kept alive from one look to the next.
   */
  static int mark(Thread.State state, Object blocker) {
    return System.identityHashCode(blocker) * 31 + state.name().hashCode();
  }

  private void count(
      Thread thread, Wait wait, Object blocker, int mark, boolean lasts, double weight) {
    if (!wait.counted()) {
      return;
    }
    double begun = lasts ? 0 : weight;
    Profile.Key waiter = block.key(wait.stack(), wait.reason());
    block.add(waiter, begun, weight * nanos);
    if (!wait.lock()) {
      (lasts ? old : recent).offer(thread, mark, weight, ended -> block.addEnded(waiter, ended));
      return;
    }
    Stack holder = holder(thread, blocker);
    Profile.Key culprit =
        holder == null ? mutex.key(wait.stack(), "waiter") : mutex.key(holder, "holder");
    mutex.add(culprit, begun, weight * nanos);
    locks.offer(
        thread,
        mark,
        weight,
        ended -> {
          block.addEnded(waiter, ended);
          mutex.addEnded(culprit, ended);
        });
  }

  /** The stack of the thread that holds a lock now; null if the JVM does not know it. */
  private Stack holder(Thread waiter, Object lock) {
    Thread owner = LockOwners.of(lock);
    if (owner == null || owner == waiter) {
      return null;
    }
    Stack known = holders.get(owner);
    if (known != null) {
      return known;
    }
    if (holders.size() >= HOLDERS) {
      return null;
    }
    Stack stack = reader.stack(owner);
    if (stack == null || LockOwners.of(lock) != owner) {
      return null; // it has released the lock meanwhile
    }
    holders.put(owner, stack);
    return stack;
  }
}
