package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Deadlocks among platform threads, as the JVM finds them without any option. It pauses the JVM for
 * a moment, and does not see virtual threads.
 */
final class PlatformDeadlocks {
  private PlatformDeadlocks() {}

  /**
   * Asks the JVM.
   *
   * @param stacks the visible stack of a thread; null if it has ended
   */
  static List<Deadlock> find(FrameTable.Cache frames, Function<Thread, Stack> stacks) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long[] ids = threads.findDeadlockedThreads();
    if (ids == null) {
      return List.of();
    }
    Map<Long, Thread> live = new HashMap<>();
    Thread.getAllStackTraces().keySet().forEach(thread -> live.put(thread.threadId(), thread));
    var infos = new LinkedHashMap<Long, ThreadInfo>();
    Stream.of(threads.getThreadInfo(ids, true, true))
        .filter(info -> info != null && live.containsKey(info.getThreadId()))
        .forEach(info -> infos.put(info.getThreadId(), info));
    var deadlocks = new ArrayList<Deadlock>();
    while (!infos.isEmpty()) {
      var members = new ArrayList<Deadlock.Member>();
      ThreadInfo at = infos.remove(infos.keySet().iterator().next());
      while (at != null) {
        ThreadInfo owner = infoOf(threads, at.getLockOwnerId());
        members.add(
            new Deadlock.Member(
                at.getThreadId(),
                at.getThreadName(),
                false,
                stacks.apply(live.get(at.getThreadId())),
                name(at),
                at.getLockOwnerId(),
                taken(frames, owner, at.getLockInfo())));
        at = infos.remove(at.getLockOwnerId());
      }
      deadlocks.add(new Deadlock(members));
    }
    return deadlocks;
  }

  private static ThreadInfo infoOf(ThreadMXBean threads, long id) {
    return id < 0 ? null : threads.getThreadInfo(new long[] {id}, true, false)[0];
  }

  private static String name(ThreadInfo info) {
    return (info.getThreadState() == Thread.State.BLOCKED ? "monitor " : "") + info.getLockName();
  }

  private static Frame taken(FrameTable.Cache frames, ThreadInfo owner, LockInfo lock) {
    if (owner == null || lock == null) {
      return null;
    }
    for (MonitorInfo monitor : owner.getLockedMonitors()) {
      if (monitor.getIdentityHashCode() == lock.getIdentityHashCode()) {
        return frames.frame(monitor.getLockedStackFrame());
      }
    }
    return null;
  }
}
