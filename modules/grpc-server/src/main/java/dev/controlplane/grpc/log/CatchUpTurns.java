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
 * Turns at catching up: of all subscriptions that are far behind only a few read the log at once,
 * in the order in which they came. So subscriptions that are up to date find the processors and the
 * catalog free, however many others resume.
 *
 * <p>A turn is good for {@link #BATCH} updates; then the subscription goes to the end of the line.
 * A subscription that has a turn for longer than {@link #HOLD}, because its client reads slowly,
 * loses it as soon as another waits. So every subscription advances, whatever the clients do.
 */
public final class CatchUpTurns {
  /** Updates that a turn is good for. */
  public static final int BATCH = 128;

  /** After this time another may have the turn. */
  private static final Duration HOLD = Duration.ofMillis(50);

  /** How often a subscription that waits looks whether it has ended. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** A subscription's turn. Used by its handler alone, but for {@code lost}. */
  static final class Turn {
    private final long since = System.nanoTime();
    private int left = BATCH;
    private volatile boolean lost;

    private Turn() {}

    /** Uses the turn for one update; false if it is over. */
    boolean use() {
      return !lost && left-- > 0;
    }
  }

  /** The turn of one subscription, if it has one. For the subscription's handler. */
  public static final class Holder {
    private final CatchUpTurns turns;
    private final BooleanSupplier over;
    private Turn turn;

    private Holder(CatchUpTurns turns, BooleanSupplier over) {
      this.turns = turns;
      this.over = over;
    }

    /** Waits for a turn that is good for one update more; false if it is over before. */
    public boolean await() throws InterruptedException {
      if (turn == null || !turn.use()) {
        end();
        turn = turns.take(over);
      }
      return turn != null;
    }

    /** Gives the turn back, if there is one. */
    public void end() {
      if (turn != null) {
        turns.end(turn);
        turn = null;
      }
    }
  }

  private final int max;
  private final ReentrantLock lock = new ReentrantLock();

  // Both guarded by lock; oldest first.
  private final Set<Turn> taken = new LinkedHashSet<>();
  private final Deque<Condition> waiting = new ArrayDeque<>();

  /**
   * No turn is taken yet.
   *
   * @param max how many subscriptions may have a turn at once, 1 or more
   */
  CatchUpTurns(int max) {
    this.max = max;
  }

  /**
   * The place of a subscription's turn, empty.
   *
   * @param over whether the subscription has ended
   */
  public Holder holder(BooleanSupplier over) {
    return new Holder(this, over);
  }

  /** Waits for a turn; null if {@code over} becomes true before. */
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

  /** Nanoseconds until there is room for one more; 0 or less once there is. Makes room if due. */
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

  /** Gives a turn back; null is none. */
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
