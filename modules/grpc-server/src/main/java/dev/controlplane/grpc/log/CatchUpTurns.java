package dev.controlplane.grpc.log;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * Turns for catching up: of all subscriptions that are far behind, only a few read the log at the
 * same time. Subscriptions that are up to date therefore find the CPU and the catalog free, however
 * many others resume. Thread-safe.
 *
 * <p>A subscription whose next updates are in memory gets its turn before others: a page of the log
 * that was read and encoded for one subscription serves all that stand at it, and they go on
 * together. One that has waited for {@link #PATIENCE} comes first all the same.
 *
 * <p>A turn ends where a page of the log ends, at the latest after {@link #BATCH} updates; then the
 * subscription queues again. A subscription that has had its turn for {@link #HOLD}, because its
 * client reads slowly, loses it as soon as another one waits. So every subscription makes progress,
 * whatever the clients do.
 */
public final class CatchUpTurns {
  /** The most updates that a turn is valid for. */
  public static final int BATCH = OldPages.PAGE;

  /** After this time a turn may be taken away for a waiting subscription. */
  private static final Duration HOLD = Duration.ofMillis(50);

  /** A subscription that has waited for so long comes before those whose updates are in memory. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How often a waiting subscription checks whether it has ended. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** How many subscriptions are looked at to find one whose updates are in memory. */
  private static final int LOOKED_AT = 64;

  /** A subscription's turn. Only the subscription's handler uses it, except for {@code lost}. */
  static final class Turn {
    private final long since = System.nanoTime();
    private int left;
    private volatile boolean lost;

    private Turn(long position) {
      this.left = BATCH - (int) (position % BATCH);
    }

    /** Uses the turn for one update; returns false if it is over. */
    boolean use() {
      return !lost && left-- > 0;
    }
  }

  /**
   * A subscription that waits for a turn. All fields but the final ones are guarded by the lock.
   */
  private static final class Waiter {
    private final Condition granted;
    private final long position;
    private final long since = System.nanoTime();
    private Turn turn;

    private Waiter(Condition granted, long position) {
      this.granted = granted;
      this.position = position;
    }
  }

  /** Holds the turn of one subscription, if it has one. Only the subscription's handler uses it. */
  public static final class Holder {
    private final CatchUpTurns turns;
    private final BooleanSupplier over;
    private final LongSupplier position;
    private Turn turn;

    private Holder(CatchUpTurns turns, BooleanSupplier over, LongSupplier position) {
      this.turns = turns;
      this.over = over;
      this.position = position;
    }

    /**
     * Waits for a turn that is valid for another update; returns false if the subscription ends
     * first.
     */
    public boolean await() throws InterruptedException {
      if (turn == null || !turn.use()) {
        end();
        turn = turns.take(over, position.getAsLong());
      }
      return turn != null;
    }

    /** Returns the turn, if there is one. */
    public void end() {
      if (turn != null) {
        turns.end(turn);
        turn = null;
      }
    }
  }

  private final int max;
  private final LongPredicate inMemory;
  private final long hold;
  private final long patience;
  private final ReentrantLock lock = new ReentrantLock();

  // Both are guarded by lock; the oldest are first.
  private final Set<Turn> taken = new LinkedHashSet<>();
  private final Set<Waiter> waiting = new LinkedHashSet<>();

  /**
   * Creates it with no turns taken.
   *
   * @param max how many subscriptions may have a turn at the same time; 1 or more
   * @param inMemory whether the update after a revision is in memory; must not wait
   */
  CatchUpTurns(int max, LongPredicate inMemory) {
    this(max, inMemory, HOLD, PATIENCE);
  }

  /** The same with other times than {@link #HOLD} and {@link #PATIENCE}. */
  CatchUpTurns(int max, LongPredicate inMemory, Duration hold, Duration patience) {
    this.max = max;
    this.inMemory = inMemory;
    this.hold = hold.toNanos();
    this.patience = patience.toNanos();
  }

  /**
   * Creates the holder for a subscription's turns.
   *
   * @param over whether the subscription has ended
   * @param position the revision up to which the subscription has read the log
   */
  public Holder holder(BooleanSupplier over, LongSupplier position) {
    return new Holder(this, over, position);
  }

  /** Waits for a turn; returns null if {@code over} becomes true first. */
  Turn take(BooleanSupplier over, long position) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Waiter mine = new Waiter(lock.newCondition(), position);
      waiting.add(mine);
      try {
        while (!over.getAsBoolean()) {
          grant();
          if (mine.turn != null) {
            return mine.turn;
          }
          mine.granted.awaitNanos(Math.min(LOOK.toNanos(), untilOverdue(mine)));
        }
        taken.remove(mine.turn);
        return null;
      } catch (InterruptedException e) {
        taken.remove(mine.turn);
        throw e;
      } finally {
        waiting.remove(mine);
        grant();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The waiter that has waited longest looks after turns that are held for too long. */
  private long untilOverdue(Waiter waiter) {
    return waiter.equals(oldest()) && !taken.isEmpty()
        ? hold - (System.nanoTime() - taken.iterator().next().since)
        : Long.MAX_VALUE;
  }

  /** Gives turns to waiters, and takes overdue ones away for them. */
  private void grant() {
    while (!waiting.isEmpty() && hasRoom()) {
      Waiter next = next();
      waiting.remove(next);
      next.turn = new Turn(next.position);
      taken.add(next.turn);
      next.granted.signal();
      wakeOldest();
    }
  }

  private boolean hasRoom() {
    if (taken.size() < max) {
      return true;
    }
    Turn longest = taken.iterator().next();
    if (System.nanoTime() - longest.since < hold) {
      return false;
    }
    longest.lost = true;
    taken.remove(longest);
    return true;
  }

  private Waiter next() {
    Waiter oldest = oldest();
    if (System.nanoTime() - oldest.since < patience) {
      int looked = 0;
      for (Waiter waiter : waiting) {
        if (inMemory.test(waiter.position)) {
          return waiter;
        }
        if (++looked == LOOKED_AT) {
          break;
        }
      }
    }
    return oldest;
  }

  private Waiter oldest() {
    return waiting.isEmpty() ? null : waiting.iterator().next();
  }

  private void wakeOldest() {
    Waiter oldest = oldest();
    if (oldest != null) {
      oldest.granted.signal();
    }
  }

  /** Returns a turn; does nothing for null. */
  void end(Turn turn) {
    if (turn == null) {
      return;
    }
    lock.lock();
    try {
      taken.remove(turn);
      grant();
    } finally {
      lock.unlock();
    }
  }

  /** How many subscriptions have a turn. */
  public int inUse() {
    lock.lock();
    try {
      return taken.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many subscriptions wait for a turn. */
  public int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }
}
