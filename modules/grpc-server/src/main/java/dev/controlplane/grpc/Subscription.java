package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

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
 *
 * <p><b>Invariants.</b> {@code position} is the last revision given, or known not to be wanted; it
 * grows. (1) <em>No gap:</em> a wanted update above {@code position} is at or below the goal, or in
 * the queue, or not yet offered, or {@code behind} is set: the clearing of {@code behind} and the
 * reading of the tail's revision are in the opposite order of the tail's writing its revision and
 * reading {@code behind}, so of an update that falls between, one of the two notices. (2) <em>No
 * repeat:</em> where both notice, the copy in the queue is not above {@code position} and is passed
 * over. (3) <em>No lost wake-up:</em> whoever sets {@code behind} or {@code end} adds {@code WAKE}
 * to the queue afterwards; if there is no room for it, the handler is not waiting, and looks at
 * both before it waits.
 */
final class Subscription {
  /** What gives a subscription its goal. */
  @FunctionalInterface
  interface Tail {
    /** The newest revision that is being offered, or was. */
    long revision();
  }

  /** Why a subscription ended. */
  enum End {
    /** The client went away. */
    GONE,
    /** The client did not read for too long. */
    STALLED,
    /** The server is going away. */
    STOPPING,
    /** The log is not the one that the subscription followed. */
    LOG_REPLACED,
    /** The server failed at it. */
    FAILED
  }

  private static final LogEntry WAKE = new LogEntry(null);

  /** Between attempts to read a log that can't be read. */
  private static final Duration RETRY = Duration.ofMillis(250);

  private final String consumer;
  private final Set<String> workers;
  private final UpdateLog log;
  private final Tail tail;
  private final BlockingQueue<LogEntry> queue;

  private volatile boolean behind;
  private volatile End end;

  // Only the handler writes these.
  private long position;
  private long goal;
  private volatile long sent;

  /**
   * A subscription that has not started.
   *
   * @param workers the workers that it wants; empty for all
   * @param queueSize how many updates may wait for the handler, 1 or more
   */
  Subscription(String consumer, Set<String> workers, UpdateLog log, Tail tail, int queueSize) {
    this(consumer, workers, log, tail, new ArrayBlockingQueue<>(queueSize));
  }

  /** With a queue that is bounded, empty and known to nobody else. */
  Subscription(
      String consumer,
      Set<String> workers,
      UpdateLog log,
      Tail tail,
      BlockingQueue<LogEntry> queue) {
    this.consumer = consumer;
    this.workers = Set.copyOf(workers);
    this.log = log;
    this.tail = tail;
    this.queue = queue;
  }

  String consumer() {
    return consumer;
  }

  /** Empty for all. */
  Set<String> workers() {
    return workers;
  }

  /**
   * Starts at the end of the log. Called by the handler once the tail knows of this subscription:
   * what the log has now comes before the start, what is committed later comes through the queue.
   */
  void startNow() {
    position = Math.max(tail.revision(), log.head());
    goal = position;
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

  /** Waits for the next update; null once the subscription has ended. */
  LogEntry next() throws InterruptedException {
    while (end == null) {
      if (position < goal) {
        LogEntry update = readLog();
        if (update != null) {
          return update;
        }
        continue;
      }
      LogEntry update = queue.poll();
      if (update == null && behind) {
        behind = false;
        goal = tail.revision();
        continue;
      }
      if (update == null) {
        update = queue.take();
      }
      if (update != WAKE && update.revision() > position) {
        position = update.revision();
        return update;
      }
    }
    return null;
  }

  /** One step through the log; null if the update there is not wanted, or can't be read yet. */
  private LogEntry readLog() throws InterruptedException {
    LogEntry update;
    try {
      update = log.at(position + 1);
    } catch (CatalogException e) {
      // The tail meets the same, and tells the operator.
      Thread.sleep(RETRY);
      return null;
    }
    position = update.revision();
    return wants(update) ? update : null;
  }

  private boolean wants(LogEntry entry) {
    return workers.isEmpty() || workers.contains(entry.update().worker());
  }

  /** Notes that an update was sent. */
  void sent(LogEntry update) {
    sent = update.revision();
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
