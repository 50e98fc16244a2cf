package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.log.CatchUpTurns;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.OfferedRevisions;
import dev.controlplane.grpc.log.UpdateLog;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * One open stream of a consumer as a cursor over the log: {@link #next} returns every update after
 * the start that the subscription wants (see {@link Interest}), in order and exactly once.
 *
 * <p><b>Threads.</b> Only the tail calls {@link #offer}, in the order of the log, after it has
 * published the update's revision as {@link OfferedRevisions#revision}. Only the handler calls
 * {@link #next}. Any thread may call {@link #end}. Only the handler ever waits.
 *
 * <p>Implementation note:
 *
 * <p><b>Two sources.</b> While the client keeps up, updates arrive through {@code queue}. When the
 * queue is full, the tail sets {@code behind} and offers nothing more. The handler empties the
 * queue, then clears {@code behind} and, <em>after that</em>, takes the tail's revision as {@code
 * goal}. Updates above the goal are or will be offered. Updates up to the goal are read from the
 * log before the queue is examined again. If the queue fills up meanwhile, the same repeats. So a
 * client of any speed needs the memory of one queue. A subscription that is far behind its goal
 * reads the log only during its turn; see {@link CatchUpTurns}.
 *
 * <p><b>Invariants.</b> {@code position} is the last revision that was returned or is known not to
 * be wanted; it only grows.
 *
 * <ol>
 *   <li><em>No gap:</em> a wanted update above {@code position} is at or below the goal, or in the
 *       queue, or not yet offered, or {@code behind} is set. The handler clears {@code behind} and
 *       then reads the tail's revision; the tail writes its revision and then reads {@code behind}.
 *       Because of the opposite orders, at least one of the two notices an update in between.
 *   <li><em>No repeat:</em> if both notice it, the copy in the queue is not above {@code position}
 *       and is skipped.
 *   <li><em>No lost wake-up:</em> whoever sets {@code behind} or {@code end} adds {@code WAKE} to
 *       the queue afterwards. If the queue has no room for it, the handler is not waiting, and it
 *       checks both before it waits.
 *   <li><em>Settled:</em> if the handler reads the tail's {@code offered}, then finds the queue
 *       empty, and then finds {@code behind} not set, no wanted update up to {@code offered} is
 *       left, and {@code position} moves there. So it also moves past updates that only others
 *       want.
 * </ol>
 */
public final class Subscription {
  /** The pause between attempts to read a log that can't be read. */
  private static final Duration RETRY = Duration.ofMillis(100);

  /** Up to this many updates behind, a subscription reads the log without a turn. */
  private static final long NEAR = 512;

  static final long NEVER = Long.MAX_VALUE;

  private final Interest interest;
  private final UpdateLog log;
  private final OfferedRevisions tail;
  private final long maxLag;
  private final UpdateQueue queue;
  private final CatchUpTurns.Holder turn;

  private volatile boolean behind;
  private volatile boolean skipped;
  private volatile SubscriptionEnd end;

  // Only the handler writes these.
  private final StreamPosition position = new StreamPosition();
  private long goal;
  private long lagAllowed;

  /**
   * @param queueSize how many updates may wait for the handler; 1 or more
   * @param maxLag how many updates a client may be behind because it reads slowly
   */
  Subscription(
      SubscribeOptions options, UpdateLog log, OfferedRevisions tail, int queueSize, long maxLag) {
    this(options, log, tail, new ArrayBlockingQueue<>(queueSize), maxLag);
  }

  /** With a given queue, which must be bounded, empty and used by nobody else. */
  Subscription(
      SubscribeOptions options,
      UpdateLog log,
      OfferedRevisions tail,
      BlockingQueue<LogEntry> queue,
      long maxLag) {
    this.interest = new Interest(options, log);
    this.log = log;
    this.turn = log.turns().holder(() -> end != null, position::revision);
    this.tail = tail;
    this.queue = new UpdateQueue(queue);
    this.maxLag = maxLag;
  }

  String consumer() {
    return interest.options().consumer();
  }

  /** Empty for all workers. */
  Set<String> workers() {
    return interest.options().workers();
  }

  /**
   * Starts at the end of the log. The handler calls this once the tail knows the subscription: what
   * is in the log now is before the start, and what is committed later arrives through the queue.
   */
  void startNow() {
    startAfter(Math.max(tail.revision(), log.state().head()));
  }

  /** Starts after a revision. Called like {@link #startNow}. */
  void startAfter(long revision) {
    position.moveTo(revision);
    goal = tail.revision();
    // A client that resumes far behind is not slow for that reason.
    lagAllowed = Math.max(maxLag, goal - revision);
  }

  /** Offers a wanted update; never waits. Returns false if the subscription fell behind by it. */
  boolean offer(LogEntry update) {
    if (behind || queue.offer(update)) {
      return true;
    }
    behind = true;
    queue.wake();
    return false;
  }

  /**
   * Tells the subscription that the tail skipped updates: it must read them from the log, and they
   * do not count against the client's lag. Never waits.
   */
  void fallBehind() {
    skipped = true;
    behind = true;
    queue.wake();
  }

  /** Ends the subscription. Only the first reason counts. Never waits. */
  synchronized void end(SubscriptionEnd reason) {
    if (end == null) {
      end = reason;
      queue.wake();
    }
  }

  /** Why it ended; null while it is open. */
  SubscriptionEnd ended() {
    return end;
  }

  /**
   * Waits for the next update. Returns null if the subscription has ended, or if {@code deadline}
   * has passed without an update; {@link #position} is then up to date.
   *
   * @param deadline by {@link System#nanoTime}; {@link #NEVER} for none
   * @throws CompactedException if updates after the position were removed from the log; the handler
   *     must start again elsewhere
   */
  LogEntry next(long deadline) throws InterruptedException {
    while (end == null) {
      if (position.revision() < goal) {
        LogEntry update = mayRead() ? readLog() : null;
        if (update != null) {
          return update;
        }
        continue;
      }
      turn.end();
      long offered = tail.offered();
      LogEntry update = queue.poll();
      if (update == null && behind) {
        behind = false;
        goal = tail.revision();
        if (skipped) {
          skipped = false;
          lagAllowed = Math.max(lagAllowed, goal - position.revision());
        }
        if (goal - position.revision() > lagAllowed) {
          end(SubscriptionEnd.LAGGING);
        }
        continue;
      }
      if (update == null) {
        position.moveTo(Math.max(position.revision(), offered));
        update = queue.await(deadline);
        if (update == null) {
          return null;
        }
      }
      if (update != UpdateQueue.WAKE && update.revision() > position.revision()) {
        boolean wanted = wantsForSure(update);
        if (!wanted && end != null) {
          // Whether the update is wanted may be unknown, so the position stays before it.
          return null;
        }
        position.moveTo(update, wanted);
        if (wanted) {
          return update;
        }
      }
    }
    return null;
  }

  /** Waits for a turn if the log is far ahead; returns false if the subscription ends meanwhile. */
  private boolean mayRead() throws InterruptedException {
    if (goal - position.revision() <= NEAR) {
      turn.end();
      return true;
    }
    return turn.await();
  }

  /** Waits for a valid turn; returns false if the subscription ends meanwhile. */
  boolean awaitTurn() throws InterruptedException {
    return turn.await();
  }

  /** Releases the subscription's turn. The handler has finished. */
  void close() {
    turn.end();
  }

  /** Reads one update from the log; returns null if it is not wanted or can't be read yet. */
  private LogEntry readLog() throws InterruptedException {
    LogEntry update;
    boolean wanted;
    try {
      update = log.at(position.revision() + 1);
      wanted = interest.in(update.update());
    } catch (CompactedException e) {
      turn.end();
      throw e;
    } catch (CatalogException e) {
      // The tail meets the same error and logs it.
      turn.end();
      Thread.sleep(RETRY);
      return null;
    }
    position.moveTo(update, wanted);
    return wanted ? update : null;
  }

  /** Like {@link Interest#in}, but waits while the log can't be read; false if the stream ends. */
  private boolean wantsForSure(LogEntry update) throws InterruptedException {
    while (end == null) {
      try {
        return interest.in(update.update());
      } catch (CatalogException e) {
        // The tail meets the same error and logs it.
        Thread.sleep(RETRY);
      }
    }
    return false;
  }

  Interest interest() {
    return interest;
  }

  /** How far the consumer is. */
  StreamPosition at() {
    return position;
  }

  /** Up to where the consumer was given, or had no need of, everything. */
  long position() {
    return position.revision();
  }

  /** The highest revision sent; 0 for none. */
  public long sent() {
    return position.sent();
  }

  /** How many updates are waiting. */
  int waiting() {
    return queue.size();
  }

  /** Whether its queue was full, so that it reads from the log or soon will. */
  boolean behind() {
    return behind;
  }
}
