package dev.controlplane.pprof;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a stack down to what a user wrote and called: every frame that is not the JDK's, and of each
 * run of JDK frames the one that was called from there. Go hides its runtime in the same way
 * (runtime/traceback.go, showframe). A thread that runs the JDK's code alone keeps it without the
 * machinery that starts and parks threads.
 */
final class Trim {
  private static final List<String> PLUMBING_CLASSES =
      List.of(
          "java.lang.VirtualThread",
          "java.lang.VirtualThread$VThreadContinuation",
          "java.lang.VirtualThread$VThreadContinuation$1",
          "java.lang.ThreadBuilders$BoundVirtualThread",
          "java.lang.System$1",
          "java.lang.Access",
          "java.lang.Thread",
          "java.util.concurrent.locks.LockSupport",
          "java.util.concurrent.locks.AbstractQueuedSynchronizer",
          "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionNode",
          "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject",
          "java.util.concurrent.locks.AbstractQueuedLongSynchronizer",
          "java.util.concurrent.locks.AbstractQueuedLongSynchronizer$ConditionObject");

  private Trim() {}

  static boolean isJdk(String className) {
    return className.startsWith("java.")
        || className.startsWith("jdk.")
        || className.startsWith("sun.")
        || className.startsWith("com.sun.")
        || className.startsWith("javax.");
  }

  static boolean isPlumbing(String className, String name) {
    return PLUMBING_CLASSES.contains(className)
        && !name.equals("java.lang.Thread.sleep")
        && !name.equals("java.lang.Thread.join");
  }

  /** The frames that are shown, leaf first; at least one if there is any. */
  static Frame[] trim(Frame[] raw) {
    var shown = new ArrayList<Frame>(raw.length);
    for (int i = 0; i < raw.length; i++) {
      boolean user = !raw[i].function.jdk;
      boolean calledByUser = i + 1 < raw.length && !raw[i + 1].function.jdk;
      if (user || calledByUser) {
        shown.add(raw[i]);
      }
    }
    if (shown.isEmpty()) {
      return withoutPlumbing(raw);
    }
    return shown.toArray(Frame[]::new);
  }

  private static Frame[] withoutPlumbing(Frame[] raw) {
    int from = 0;
    int to = raw.length;
    while (to > 0 && raw[to - 1].function.plumbing) {
      to--;
    }
    while (from < to && raw[from].function.plumbing) {
      from++;
    }
    if (from < to) {
      return java.util.Arrays.copyOfRange(raw, from, to);
    }
    // Nothing but machinery: the leaf says what it does.
    return raw.length == 0 ? raw : new Frame[] {raw[0]};
  }
}
