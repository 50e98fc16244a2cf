package dev.controlplane.pprof.leak;

import dev.controlplane.pprof.sources.JvmThreads;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.WaitReasons;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that may be leaked: they wait without a time limit, for something other than the
 * network. Not thread-safe.
 *
 * <p>Implementation note: no reference to what a thread waits on may be kept while the heap is
 * dumped. It would make that reachable.
 */
final class Suspects {
  private final LiveSource source = new LiveSource(true);

  /** The suspects by id, with what identifies their present wait. */
  Map<Long, Integer> waiting() {
    var waiting = new HashMap<Long, Integer>();
    for (Thread thread : LiveSource.threads()) {
      Integer mark = mark(thread);
      if (mark != null) {
        waiting.put(thread.threadId(), mark);
      }
    }
    return waiting;
  }

  /** Of the leaked threads those that have not moved since, with their stacks. */
  Map<Long, Goroutine> stillWaiting(Map<Long, Integer> before, Set<Long> leaked) {
    var still = new HashMap<Long, Goroutine>();
    for (Thread thread : LiveSource.threads()) {
      long id = thread.threadId();
      if (leaked.contains(id) && before.get(id).equals(mark(thread))) {
        Goroutine goroutine = source.goroutine(thread);
        if (goroutine != null) {
          still.put(id, goroutine);
        }
      }
    }
    return still;
  }

  private Integer mark(Thread thread) {
    if (thread.getState() != Thread.State.WAITING || JvmThreads.has(thread)) {
      return null;
    }
    Goroutine goroutine = source.goroutine(thread);
    Object blocker = LockSupport.getBlocker(thread);
    if (goroutine == null || !WaitReasons.isSynchronization(goroutine.state(), blocker != null)) {
      return null;
    }
    return System.identityHashCode(blocker) * 31 + goroutine.stack().hashCode();
  }
}
