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
 * What an agent still has to do, between the thread that hears of updates and the one that deals
 * with them.
 *
 * <p>It tells which position may be kept: one before which everything has been dealt with.
 */
final class AgentTasks {
  /** Bytes of versions that wait here; what is more is fetched when its turn comes. */
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Of each worker what is not at work. */
  @GuardedBy("lock")
  private final Map<String, AgentTask> waiting = new HashMap<>();

  /** The same, and what is at work, the oldest first. */
  @GuardedBy("lock")
  private final TreeMap<Long, AgentTask> unsettled = new TreeMap<>();

  @GuardedBy("lock")
  private AgentTask atWork;

  @GuardedBy("lock")
  private long orders;

  @GuardedBy("lock")
  private long bytes;

  /**
   * Adds to what is to be done for a worker.
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

  /** The task at work is done. */
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

  /** The task at work has failed, and is to be done again unless it was overtaken. */
  void failed(String trouble, long due) {
    lock.lock();
    try {
      AgentTask task = atWork;
      atWork = null;
      task.failed(trouble, due);
      // The older one goes on, for the position before it is the one that holds.
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

  /** Forgets what waits, and waits for what is at work; returns with nothing to do. */
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

  /** How many there are. */
  int size() {
    lock.lock();
    try {
      return unsettled.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether each has been tried. */
  boolean allTried() {
    lock.lock();
    try {
      return atWork == null && unsettled.values().stream().allMatch(task -> task.failures() > 0);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The newest position before which everything has been dealt with; null for none.
   *
   * @param newest where the subscription is
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
