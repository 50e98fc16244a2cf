package dev.controlplane.client.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The tasks that an agent has yet to do. The listening thread adds them, and the working thread
 * does them. Thread-safe.
 *
 * <p>It also determines which position may be made durable: one before which everything was
 * processed.
 */
final class AgentTasks {
  /**
   * The most bytes of versions in waiting tasks. Tasks beyond it drop their bytes and download them
   * later.
   */
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** The task of each worker, except the running one. */
  @GuardedBy("lock")
  private final Map<String, AgentTask> waiting = new HashMap<>();

  /** All waiting tasks and the running one, oldest first. */
  @GuardedBy("lock")
  private final TreeMap<Long, AgentTask> unsettled = new TreeMap<>();

  @GuardedBy("lock")
  private AgentTask atWork;

  @GuardedBy("lock")
  private long orders;

  @GuardedBy("lock")
  private long bytes;

  /**
   * Adds to the task of a worker.
   *
   * @param before see {@link AgentTask}
   */
  void add(String worker, String before, Consumer<AgentTask> change) {
    lock.lock();
    try {
      AgentTask task = waiting.get(worker);
      if (task == null) {
        task = new AgentTask(worker, orders++, before, System.nanoTime());
        waiting.put(worker, task);
        unsettled.put(task.order(), task);
      }
      bytes -= weight(task);
      change.accept(task);
      if (bytes + weight(task) > MOST_BYTES && task.target() instanceof AgentTask.Switch heavy) {
        task.aim(heavy.light(), task.revision(), task.generation());
      }
      bytes += weight(task);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static long weight(AgentTask task) {
    return task.target() instanceof AgentTask.Switch wanted ? wanted.weight() : 0;
  }

  /** Waits for the oldest task that is due. */
  AgentTask take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        long now = System.nanoTime();
        long wait = Long.MAX_VALUE;
        for (AgentTask task : unsettled.values()) {
          long left = task.due() - now;
          if (left <= 0) {
            atWork = task;
            waiting.remove(task.worker());
            bytes -= weight(task);
            return task;
          }
          wait = Math.min(wait, left);
        }
        if (wait == Long.MAX_VALUE) {
          changed.await();
        } else {
          changed.awaitNanos(wait);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** The running task is complete. */
  void done() {
    lock.lock();
    try {
      unsettled.remove(atWork.order());
      atWork = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The running task failed, and must be repeated unless a newer one replaces it. */
  void failed(String trouble, long due) {
    lock.lock();
    try {
      AgentTask task = atWork;
      atWork = null;
      task.failed(trouble, due);
      // The older task is kept, because its position is the one that counts.
      AgentTask newer = waiting.put(task.worker(), task);
      if (newer != null) {
        unsettled.remove(newer.order());
        task.absorb(newer);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Drops all waiting tasks and waits for the running one. */
  void clear() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        waiting.values().forEach(task -> unsettled.remove(task.order()));
        waiting.clear();
        bytes = 0;
        if (atWork == null) {
          return;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The number of tasks. */
  int size() {
    lock.lock();
    try {
      return unsettled.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether every task was tried at least once. */
  boolean allTried() {
    lock.lock();
    try {
      return atWork == null && unsettled.values().stream().allMatch(task -> task.failures() > 0);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the newest position before which everything was processed; null for none.
   *
   * @param newest the position of the subscription
   */
  String settled(String newest) {
    lock.lock();
    try {
      return unsettled.isEmpty() ? newest : unsettled.firstEntry().getValue().before();
    } finally {
      lock.unlock();
    }
  }
}
