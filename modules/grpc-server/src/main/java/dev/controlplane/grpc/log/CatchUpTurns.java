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
 * <p>{@link CatchUpQueue} says who is next.
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

  /** A subscription that has waited for so long comes before others every second time. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How often a waiting subscription checks whether it has ended. */
  private static final Duration LOOK = Duration.ofMillis(500);

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

  /** A subscription that waits for a turn. The lock guards {@code turn}. */
  private static final class Waiter extends CatchUpQueue.Waiting {
    private final Condition granted;
    private Turn turn;

    private Waiter(Condition granted, long position) {
      super(position);
      this.granted = granted;
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
        Turn used = turn;
        turn = null;
        turn = turns.take(used, over, position.getAsLong());
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
  private final long hold;
  private final ReentrantLock lock = new ReentrantLock();

  // Both are guarded by lock; of those taken, the oldest is first.
  private final Set<Turn> taken = new LinkedHashSet<>();
  private final CatchUpQueue<Waiter> waiting;

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
    this.hold = hold.toNanos();
    this.waiting = new CatchUpQueue<>(inMemory, patience);
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

  /** Waits for the first turn; returns null if {@code over} becomes true before. */
  Turn take(BooleanSupplier over, long position) throws InterruptedException {
    return take(null, over, position);
  }

  /**
   * Returns a turn, and waits for another; returns null if {@code over} becomes true first. The
   * subscription is in the queue before its turn is free: else one that is alone at its page could
   * not go on, and others would start everywhere in the log.
   *
   * @param used null for none
   */
  private Turn take(Turn used, BooleanSupplier over, long position) throws InterruptedException {
    lock.lock();
    try {
      Waiter mine = new Waiter(lock.newCondition(), position);
      waiting.add(mine);
      taken.remove(used);
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
    return waiter.equals(waiting.oldest()) && !taken.isEmpty()
        ? hold - (System.nanoTime() - taken.iterator().next().since)
        : Long.MAX_VALUE;
  }

  /** Gives turns to waiters, and takes overdue ones away for them. */
  private void grant() {
    while (waiting.size() > 0 && hasRoom()) {
      Waiter oldest = waiting.oldest();
      Waiter next = waiting.poll();
      next.turn = new Turn(next.position);
      taken.add(next.turn);
      next.granted.signal();
      if (next.equals(oldest)) {
        wakeOldest();
      }
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

  /** Tells the waiter that is the oldest from now on to look after turns. */
  private void wakeOldest() {
    Waiter oldest = waiting.oldest();
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
