package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.grpc.log.CatchUpTurns;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.OfferedRevisions;
import dev.controlplane.grpc.log.UpdateLog;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * One open stream of a consumer as a cursor over the log: {@link #next} gives every update above
 * the start that the subscription wants, in order, each once.
 *
 * <p><b>Threads.</b> The tail alone calls {@link #offer}, in the order of the log, after it has
 * made the update's revision visible as {@link OfferedRevisions#revision}. The handler alone calls
 * {@link #next}. Any thread may call {@link #end}. Only the handler ever waits.
 *
 * <p><b>Two sources.</b> While the client keeps up, updates come through {@code queue}. When the
 * queue is full the tail sets {@code behind} and offers nothing more. The handler empties the
 * queue, which holds all that was offered before; then it clears {@code behind} and, <em>after
 * that</em>, takes the tail's revision as {@code goal}: what is above the goal is, or will be,
 * offered; what is not is read from the log, up to the goal, before the queue is looked at again.
 * If the queue fills up meanwhile, the same begins anew. So a client of any speed costs one queue.
 * A subscription that is far behind its goal reads the log only in its turn; see {@link
 * CatchUpTurns}.
 *
 * <p><b>Invariants.</b> {@code position} is the last revision given, or known not to be wanted; it
 * grows. (1) <em>No gap:</em> a wanted update above {@code position} is at or below the goal, or in
 * the queue, or not yet offered, or {@code behind} is set: the clearing of {@code behind} and the
 * reading of the tail's revision are in the opposite order of the tail's writing its revision and
 * reading {@code behind}, so of an update that falls between, one of the two notices. (2) <em>No
 * repeat:</em> where both notice, the copy in the queue is not above {@code position} and is passed
 * over. (3) <em>No lost wake-up:</em> whoever sets {@code behind} or {@code end} adds {@code WAKE}
 * to the queue afterwards; if there is no room for it, the handler is not waiting, and looks at
 * both before it waits. (4) <em>Settled:</em> when the handler has read the tail's {@code offered},
 * then found the queue empty and, after that, {@code behind} not set, nothing that is wanted up to
 * {@code offered} is left, and {@code position} moves there; so it also moves past what others
 * want.
 *
 * <p>A subscription that takes only the latest passes over an update when a later one of the same
 * worker has moved its latest version: that one is, or will be, above {@code position}. Passing
 * over costs nothing, so a worker that changes all the time can't be put off for ever.
 */
public final class Subscription {
  /** Between attempts to read a log that can't be read. */
  private static final Duration RETRY = Duration.ofMillis(100);

  /** A subscription that is at most so many updates behind reads the log without a turn. */
  private static final long NEAR = 512;

  /** No deadline. */
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
   * A subscription that has not started.
   *
   * @param queueSize how many updates may wait for the handler, 1 or more
   * @param maxLag how many updates a client may be behind because it reads slowly
   */
  Subscription(
      SubscribeOptions options, UpdateLog log, OfferedRevisions tail, int queueSize, long maxLag) {
    this(options, log, tail, new ArrayBlockingQueue<>(queueSize), maxLag);
  }

  /** With a queue that is bounded, empty and known to nobody else. */
  Subscription(
      SubscribeOptions options,
      UpdateLog log,
      OfferedRevisions tail,
      BlockingQueue<LogEntry> queue,
      long maxLag) {
    this.interest = new Interest(options, log);
    this.log = log;
    this.turn = log.turns().holder(() -> end != null);
    this.tail = tail;
    this.queue = new UpdateQueue(queue);
    this.maxLag = maxLag;
  }

  String consumer() {
    return interest.options().consumer();
  }

  /** Empty for all. */
  Set<String> workers() {
    return interest.options().workers();
  }

  /**
   * Starts at the end of the log. Called by the handler once the tail knows of this subscription:
   * what the log has now comes before the start, what is committed later comes through the queue.
   */
  void startNow() {
    startAfter(Math.max(tail.revision(), log.state().head()));
  }

  /** Starts after a revision of the log; called as {@link #startNow}. */
  void startAfter(long revision) {
    position.moveTo(revision);
    goal = tail.revision();
    // Who comes back from far is not slow for that.
    lagAllowed = Math.max(maxLag, goal - revision);
  }

  /** Offers an update that is wanted; false if the subscription fell behind by it. Never waits. */
  boolean offer(LogEntry update) {
    if (behind || queue.offer(update)) {
      return true;
    }
    behind = true;
    queue.wake();
    return false;
  }

  /**
   * The tail has skipped updates: they are to be read from the log, and their number is not the
   * client's fault. Never waits.
   */
  void fallBehind() {
    skipped = true;
    behind = true;
    queue.wake();
  }

  /** Ends the subscription; the first reason counts. Never waits. */
  synchronized void end(SubscriptionEnd reason) {
    if (end == null) {
      end = reason;
      queue.wake();
    }
  }

  /** Why it ended; null while it goes on. */
  SubscriptionEnd ended() {
    return end;
  }

  /**
   * Waits for the next update; null once the subscription has ended, or {@code deadline} has passed
   * and there is none: then {@link #position()} is as far as all subscriptions are.
   *
   * @param deadline by {@link System#nanoTime}; {@link #NEVER} for none
   * @throws CompactedException if the log was cut above the position; start again elsewhere
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
          // Whether it is wanted may not be known: the position stays before it.
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

  /** Waits for a turn at the log if it is far behind; false if it ended meanwhile. */
  private boolean mayRead() throws InterruptedException {
    if (goal - position.revision() <= NEAR) {
      turn.end();
      return true;
    }
    return turn.await();
  }

  /** Waits for a turn that is good for one message more; false if it ended meanwhile. */
  boolean awaitTurn() throws InterruptedException {
    return turn.await();
  }

  /** The handler is done with it. */
  void close() {
    turn.end();
  }

  /** One step through the log; null if the update there is not wanted, or can't be read yet. */
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
      // The tail meets the same, and tells the operator.
      turn.end();
      Thread.sleep(RETRY);
      return null;
    }
    position.moveTo(update, wanted);
    return wanted ? update : null;
  }

  /** Whether it is wanted, however long the log can't be read; false also once all is over. */
  private boolean wantsForSure(LogEntry update) throws InterruptedException {
    while (end == null) {
      try {
        return interest.in(update.update());
      } catch (CatalogException e) {
        // The tail meets the same, and tells the operator.
        Thread.sleep(RETRY);
      }
    }
    return false;
  }

  /** Which updates it wants. */
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

  /** How many updates wait. */
  int waiting() {
    return queue.size();
  }

  /** Whether it reads the log, or will, because its queue was full. */
  boolean behind() {
    return behind;
  }
}
