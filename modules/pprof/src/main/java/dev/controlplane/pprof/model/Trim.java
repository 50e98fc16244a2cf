package dev.controlplane.pprof.model;

import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Set;

/**
 * Reduces a stack to what users wrote and called: all frames outside the JDK, and of each run of
 * JDK frames only the one called from user code. Go hides its runtime in the same way
 * (runtime/traceback.go, showframe).
 *
 * <p>A thread that runs only JDK code keeps its frames, without the machinery that starts and parks
 * threads.
 */
final class Trim {
  private static final String LOCKS = "java.util.concurrent.locks.";

  private static final Set<String> PLUMBING =
      Set.of(
          "java.lang.Thread",
          "java.lang.VirtualThread",
          "java.lang.VirtualThread$VThreadContinuation",
          "java.lang.VirtualThread$VThreadContinuation$1",
          "java.lang.ThreadBuilders$BoundVirtualThread",
          "java.lang.System$1",
          "jdk.internal.misc.InnocuousThread",
          "jdk.internal.misc.Unsafe",
          "jdk.internal.misc.VirtualThreads",
          LOCKS + "LockSupport",
          LOCKS + "AbstractQueuedSynchronizer",
          LOCKS + "AbstractQueuedSynchronizer$ConditionNode",
          LOCKS + "AbstractQueuedSynchronizer$ConditionObject",
          LOCKS + "AbstractQueuedLongSynchronizer",
          LOCKS + "AbstractQueuedLongSynchronizer$ConditionObject");

  /** Methods of the machinery that are kept, because they show what a thread does. */
  private static final Set<String> TELLING =
      Set.of("sleep", "join", "unblockVirtualThreads", "takeVirtualThreadListToUnblock");

  /** What starts threads in this library. */
  private static final Set<String> OWN =
      Set.of(
          Goroutines.class.getName(),
          Labels.class.getName(),
          Goroutines.class.getPackageName() + ".threads.Roster");

  private Trim() {}

  static boolean isJdk(String className) {
    return className.startsWith("java.")
        || className.startsWith("jdk.")
        || className.startsWith("sun.")
        || className.startsWith("com.sun.")
        || className.startsWith("javax.");
  }

  static boolean isInternal(String className) {
    return isJdk(className) || OWN.contains(className);
  }

  /** Whether it is JDK machinery that users do not call: it starts, parks or continues threads. */
  private static boolean isPlumbing(Function function) {
    return PLUMBING.contains(function.className) && !TELLING.contains(function.method);
  }

  /** Returns the visible frames, leaf first; at least one if there is any. */
  static Frame[] trim(Frame[] raw) {
    var shown = new ArrayList<Frame>(raw.length);
    for (int i = 0; i < raw.length; i++) {
      boolean written = !raw[i].function.internal;
      boolean called = i + 1 < raw.length && !raw[i + 1].function.internal;
      if (written || called) {
        shown.add(raw[i]);
      }
    }
    return shown.isEmpty() ? withoutPlumbing(raw) : shown.toArray(Frame[]::new);
  }

  private static Frame[] withoutPlumbing(Frame[] raw) {
    int from = 0;
    int to = raw.length;
    while (to > 0 && isPlumbing(raw[to - 1].function)) {
      to--;
    }
    while (from < to && isPlumbing(raw[from].function)) {
      from++;
    }
    // If only machinery is left, the leaf shows what the thread does.
    return from < to || raw.length == 0 ? Arrays.copyOfRange(raw, from, to) : new Frame[] {raw[0]};
  }
}
