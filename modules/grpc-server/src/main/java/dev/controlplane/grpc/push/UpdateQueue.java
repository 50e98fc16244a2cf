package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.LogEntry;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Updates on their way from the tail to the handler of one subscription, who can also be woken
 * without one.
 */
final class UpdateQueue {
  /** What the handler gets that was only woken, or shall look at everything once more. */
  static final LogEntry WAKE = new LogEntry(null);

  private final BlockingQueue<LogEntry> queue;

  /**
   * @param queue bounded and empty
   */
  UpdateQueue(BlockingQueue<LogEntry> queue) {
    this.queue = queue;
  }

  /** Adds an update; false if there is no room. Never waits. */
  boolean offer(LogEntry update) {
    return queue.offer(update);
  }

  /** Has the handler look; if there is no room for that, it is not waiting. Never waits. */
  void wake() {
    queue.offer(WAKE);
  }

  /** The next, null if there is none now. */
  LogEntry poll() {
    return queue.poll();
  }

  /** Waits for the next; null once the deadline has passed. */
  LogEntry await(long deadline) throws InterruptedException {
    if (deadline == Subscription.NEVER) {
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

  /** How many wait. */
  int size() {
    return queue.size();
  }
}
