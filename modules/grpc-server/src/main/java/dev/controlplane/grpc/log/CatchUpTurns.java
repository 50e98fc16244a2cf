package dev.controlplane.grpc.log;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Turns for catching up: of all subscriptions that are far behind, only a few read the log at the
 * same time, in the order in which they asked. Subscriptions that are up to date therefore find the
 * CPU and the catalog free, however many others resume. Thread-safe.
 *
 * <p>A turn is valid for {@link #BATCH} updates; then the subscription queues again. A subscription
 * that has had its turn for {@link #HOLD}, because its client reads slowly, loses it as soon as
 * another one waits. So every subscription makes progress, whatever the clients do.
 */
public final class CatchUpTurns {
  /** How many updates a turn is valid for. */
  public static final int BATCH = 128;

  /** After this time a turn may be taken away for a waiting subscription. */
  private static final Duration HOLD = Duration.ofMillis(50);

  /** How often a waiting subscription checks whether it has ended. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** A subscription's turn. Only the subscription's handler uses it, except for {@code lost}. */
  static final class Turn {
    private final long since = System.nanoTime();
    private int left = BATCH;
    private volatile boolean lost;

    private Turn() {}

    /** Uses the turn for one update; returns false if it is over. */
    boolean use() {
      return !lost && left-- > 0;
    }
  }

  /** Holds the turn of one subscription, if it has one. Only the subscription's handler uses it. */
  public static final class Holder {
    private final CatchUpTurns turns;
    private final BooleanSupplier over;
    private Turn turn;

    private Holder(CatchUpTurns turns, BooleanSupplier over) {
      this.turns = turns;
      this.over = over;
    }

    /**
     * Waits for a turn that is valid for another update; returns false if the subscription ends
     * first.
     */
    public boolean await() throws InterruptedException {
      if (turn == null || !turn.use()) {
        end();
        turn = turns.take(over);
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
  private final ReentrantLock lock = new ReentrantLock();

  // Both are guarded by lock; the oldest are first.
  private final Set<Turn> taken = new LinkedHashSet<>();
  private final Deque<Condition> waiting = new ArrayDeque<>();

  /**
   * Creates it with no turns taken.
   *
   * @param max how many subscriptions may have a turn at the same time; 1 or more
   */
  CatchUpTurns(int max) {
    this.max = max;
  }

  /**
   * Creates the holder for a subscription's turns.
   *
   * @param over whether the subscription has ended
   */
  public Holder holder(BooleanSupplier over) {
    return new Holder(this, over);
  }

  /** Waits for a turn; returns null if {@code over} becomes true first. */
  Turn take(BooleanSupplier over) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Condition mine = lock.newCondition();
      waiting.add(mine);
      try {
        while (!over.getAsBoolean()) {
          long wait = LOOK.toNanos();
          if (mine.equals(waiting.peek())) {
            wait = Math.min(wait, untilRoom());
            if (wait <= 0) {
              Turn turn = new Turn();
              taken.add(turn);
              return turn;
            }
          }
          mine.awaitNanos(wait);
        }
        return null;
      } finally {
        waiting.remove(mine);
        signalFirst();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the nanoseconds until another turn may be taken; 0 or less if it may be now. Takes a
   * turn away if one is overdue.
   */
  private long untilRoom() {
    if (taken.size() < max) {
      return 0;
    }
    Turn oldest = taken.iterator().next();
    long left = HOLD.toNanos() - (System.nanoTime() - oldest.since);
    if (left <= 0) {
      oldest.lost = true;
      taken.remove(oldest);
    }
    return left;
  }

  private void signalFirst() {
    Condition first = waiting.peek();
    if (first != null) {
      first.signal();
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
      signalFirst();
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
