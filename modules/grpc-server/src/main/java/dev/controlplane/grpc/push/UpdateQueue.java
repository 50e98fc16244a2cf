package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.LogEntry;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The queue of updates from the tail to the handler of one subscription. The handler can also be
 * woken without an update.
 */
final class UpdateQueue {
  /** Returned if the handler was only woken, or should check everything once more. */
  static final LogEntry WAKE = new LogEntry(null);

  private final BlockingQueue<LogEntry> queue;

  /**
   * @param queue bounded and empty
   */
  UpdateQueue(BlockingQueue<LogEntry> queue) {
    this.queue = queue;
  }

  /** Adds an update; returns false if there is no room. Never waits. */
  boolean offer(LogEntry update) {
    return queue.offer(update);
  }

  /** Wakes the handler. If there is no room to do so, the handler is not waiting. Never waits. */
  void wake() {
    queue.offer(WAKE);
  }

  /** The next update; null if there is none now. */
  LogEntry poll() {
    return queue.poll();
  }

  /** Waits for the next update; returns null if the deadline had passed before. */
  LogEntry await(long deadline) throws InterruptedException {
    if (deadline == Subscription.NEVER) {
      return queue.take();
    }
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      return null;
    }
    LogEntry update = queue.poll(left, TimeUnit.NANOSECONDS);
    // After a timeout, the handler checks everything once more before it reports that there is
    // nothing.
    return update == null ? WAKE : update;
  }

  /** How many updates are waiting. */
  int size() {
    return queue.size();
  }
}
