package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.threads.Interpreter;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.threads.Shape;
import dev.controlplane.pprof.threads.ThreadFacts;
import dev.controlplane.pprof.threads.WaitReasons;
import java.util.concurrent.locks.LockSupport;

/** Reads from a thread's stack what the thread waits for. Not thread-safe. */
final class WaitReader {
  private final FrameTable.Cache cache = Roster.FRAMES.new Cache();
  private final ThreadFacts facts = new ThreadFacts();
  private final Interpreter interpreter = Interpreter.ofThisJvm(false);

  /** Returns the wait of a thread; null if it does not wait any more. */
  Wait wait(Thread thread) {
    Shape shape = shape(thread);
    if (shape == null) {
      return null;
    }
    Thread.State state = thread.getState();
    boolean stopped = shape.finding().stopped();
    if (state == Thread.State.BLOCKED) {
      // A thread that only reached the monitor after its stack was taken shows no way to tell.
      return new Wait(shape.stack(), WaitReasons.state(state, true, null, shape.finding()), true);
    }
    if (!stopped || (state != Thread.State.WAITING && state != Thread.State.TIMED_WAITING)) {
      return null;
    }
    Object blocker = LockSupport.getBlocker(thread);
    String type = blocker == null ? null : blocker.getClass().getName();
    String reason = WaitReasons.state(state, true, type, shape.finding());
    if (!WaitReasons.isSynchronization(reason, blocker != null)) {
      return Wait.NOT_COUNTED;
    }
    return new Wait(shape.stack(), reason, WaitReasons.isLock(reason));
  }

  /** Returns the visible frames of a thread; null if it has ended. */
  Stack stack(Thread thread) {
    Shape shape = shape(thread);
    return shape == null ? null : shape.stack();
  }

  private Shape shape(Thread thread) {
    StackTraceElement[] elements = thread.getStackTrace();
    if (elements.length == 0) {
      return null;
    }
    facts.clear();
    facts.id = thread.threadId();
    facts.virtual = thread.isVirtual();
    for (StackTraceElement element : elements) {
      facts.add(cache.frame(element));
    }
    return interpreter.shape(facts);
  }
}
