package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.Update;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One open stream of a consumer as a cursor over the log: {@link #next} gives every update above
 * the start that the subscription wants, in order, each once.
 *
 * <p><b>Threads.</b> The tail alone calls {@link #offer}, in the order of the log, after it has
 * made the update's revision visible as {@link Tail#revision}. The handler alone calls {@link
 * #next}. Any thread may call {@link #end}. Only the handler ever waits.
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
final class Subscription {
  /** What gives a subscription its goal. */
  interface Tail {
    /** The newest revision that is being offered, or was. */
    long revision();

    /** The newest revision of which, and of all before, every offer has been made. */
    long offered();
  }

  /** Why a subscription ended. */
  enum End {
    /** The client went away. */
    GONE,
    /** The client did not read for too long. */
    STALLED,
    /** The server is going away. */
    STOPPING,
    /** The client read too slowly for too long. */
    LAGGING,
    /** The log was cut where the subscription stood. */
    COMPACTED,
    /** It was open for as long as a stream may be. */
    EXPIRED,
    /** The log is not the one that the subscription followed. */
    LOG_REPLACED,
    /** There is no log that could be read. */
    NO_LOG,
    /** The store could not be read when the stream began. */
    UNREADABLE,
    /** The server failed at it. */
    FAILED
  }

  private static final LogEntry WAKE = new LogEntry(null);

  /** Between attempts to read a log that can't be read. */
  private static final Duration RETRY = Duration.ofMillis(100);

  /** A subscription that is at most so many updates behind reads the log without a turn. */
  private static final long NEAR = 512;

  /** No deadline. */
  static final long NEVER = Long.MAX_VALUE;

  private final SubscribeOptions options;
  private final UpdateLog log;
  private final Tail tail;
  private final long maxLag;
  private final BlockingQueue<LogEntry> queue;
  private final Map<String, Rejection> rejections = new ConcurrentHashMap<>(0);

  private volatile boolean behind;
  private volatile boolean skipped;
  private volatile End end;

  // Only the handler writes these.
  private volatile long position;
  private long goal;
  private long lagAllowed;
  private CatchUpTurns.Turn turn;
  private volatile long sent;

  /**
   * A subscription that has not started.
   *
   * @param queueSize how many updates may wait for the handler, 1 or more
   * @param maxLag how many updates a client may be behind because it reads slowly
   */
  Subscription(SubscribeOptions options, UpdateLog log, Tail tail, int queueSize, long maxLag) {
    this(options, log, tail, new ArrayBlockingQueue<>(queueSize), maxLag);
  }

  /** With a queue that is bounded, empty and known to nobody else. */
  Subscription(
      SubscribeOptions options,
      UpdateLog log,
      Tail tail,
      BlockingQueue<LogEntry> queue,
      long maxLag) {
    this.options = options;
    this.log = log;
    this.tail = tail;
    this.queue = queue;
    this.maxLag = maxLag;
  }

  String consumer() {
    return options.consumer();
  }

  /** Empty for all. */
  Set<String> workers() {
    return options.workers();
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
    position = revision;
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
    wake();
    return false;
  }

  /**
   * The tail has skipped updates: they are to be read from the log, and their number is not the
   * client's fault. Never waits.
   */
  void fallBehind() {
    skipped = true;
    behind = true;
    wake();
  }

  /** Ends the subscription; the first reason counts. Never waits. */
  synchronized void end(End reason) {
    if (end == null) {
      end = reason;
      wake();
    }
  }

  private void wake() {
    queue.offer(WAKE);
  }

  /** Why it ended; null while it goes on. */
  End ended() {
    return end;
  }

  /**
   * Waits for the next update; null once the subscription has ended, or {@code deadline} has passed
   * and there is none: then {@link #position} is as far as all subscriptions are.
   *
   * @param deadline by {@link System#nanoTime}; {@link #NEVER} for none
   * @throws CompactedException if the log was cut above the position; start again elsewhere
   */
  LogEntry next(long deadline) throws InterruptedException {
    while (end == null) {
      if (position < goal) {
        LogEntry update = mayRead() ? readLog() : null;
        if (update != null) {
          return update;
        }
        continue;
      }
      endTurn();
      long offered = tail.offered();
      LogEntry update = queue.poll();
      if (update == null && behind) {
        behind = false;
        goal = tail.revision();
        if (skipped) {
          skipped = false;
          lagAllowed = Math.max(lagAllowed, goal - position);
        }
        if (goal - position > lagAllowed) {
          end(End.LAGGING);
        }
        continue;
      }
      if (update == null) {
        position = Math.max(position, offered);
        update = await(deadline);
        if (update == null) {
          return null;
        }
      }
      if (update != WAKE && update.revision() > position) {
        boolean wanted = wantsForSure(update);
        if (!wanted && end != null) {
          // Whether it is wanted may not be known: the position stays before it.
          return null;
        }
        position = update.revision();
        if (wanted) {
          return update;
        }
      }
    }
    return null;
  }

  /** Null once the deadline has passed. */
  private LogEntry await(long deadline) throws InterruptedException {
    if (deadline == NEVER) {
      return queue.take();
    }
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      return null;
    }
    LogEntry update = queue.poll(left, TimeUnit.NANOSECONDS);
    // Looks at everything once more before it says that there is nothing.
    return update == null ? WAKE : update;
  }

  /** Waits for a turn at the log if it is far behind; false if it ended meanwhile. */
  private boolean mayRead() throws InterruptedException {
    if (goal - position <= NEAR) {
      endTurn();
      return true;
    }
    return awaitTurn();
  }

  /** Waits for a turn that is good for one message more; false if it ended meanwhile. */
  boolean awaitTurn() throws InterruptedException {
    if (turn == null || !turn.use()) {
      endTurn();
      turn = log.turns().take(() -> end != null);
    }
    return turn != null;
  }

  private void endTurn() {
    if (turn != null) {
      log.turns().end(turn);
      turn = null;
    }
  }

  /** The handler is done with it. */
  void close() {
    endTurn();
  }

  /** One step through the log; null if the update there is not wanted, or can't be read yet. */
  private LogEntry readLog() throws InterruptedException {
    LogEntry update;
    boolean wanted;
    try {
      update = log.at(position + 1);
      wanted = wants(update);
    } catch (CompactedException e) {
      endTurn();
      throw e;
    } catch (CatalogException e) {
      // The tail meets the same, and tells the operator.
      endTurn();
      Thread.sleep(RETRY);
      return null;
    }
    position = update.revision();
    return wanted ? update : null;
  }

  /** As {@link #wants}, however long the log can't be read; false also once all is over. */
  private boolean wantsForSure(LogEntry update) throws InterruptedException {
    while (end == null) {
      try {
        return wants(update);
      } catch (CatalogException e) {
        // The tail meets the same, and tells the operator.
        Thread.sleep(RETRY);
      }
    }
    return false;
  }

  private boolean wants(LogEntry entry) {
    Update update = entry.update();
    return options.wants(update.worker())
        && !isRejected(update)
        && !(options.latest() && log.isSuperseded(update));
  }

  /**
   * Whether the consumer has said that it won't have this version, and nothing has made it the
   * latest again since.
   */
  boolean isRejected(Update update) {
    Rejection rejection = rejections.get(update.worker());
    return rejection != null
        && update.kind() != Update.Kind.DELETED
        && update.version().equals(rejection.version())
        && update.revision() <= rejection.revision();
  }

  /** Takes up what the consumer won't have, of a worker. */
  void rejected(String worker, Rejection rejection) {
    if (options.wants(worker)) {
      rejections.merge(
          worker, rejection, (one, other) -> one.revision() > other.revision() ? one : other);
    }
  }

  /** Up to where the consumer was given, or had no need of, everything. */
  long position() {
    return position;
  }

  /** Notes up to where the consumer was sent everything. */
  void sent(long revision) {
    sent = revision;
  }

  /** The highest revision sent; 0 for none. */
  long sent() {
    return sent;
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
