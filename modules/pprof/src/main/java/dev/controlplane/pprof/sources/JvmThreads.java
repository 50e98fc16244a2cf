package dev.controlplane.pprof.sources;

/**
 * Tells the JVM's own threads from those of the program, as Go tells its system goroutines: the
 * reference handler, the finalizer, the signal dispatcher, the cleaners, the carriers of virtual
 * threads and their timer, Flight Recorder.
 */
public final class JvmThreads {
  private static final String CARRIER = "jdk.internal.misc.CarrierThread";

  private JvmThreads() {}

  /**
   * Whether a thread is the JVM's own. The JVM's threads are in the root of the thread groups or in
   * the group of {@code InnocuousThread}; a program's threads are in the group {@code main}, which
   * is a child of the root, or below it.
   */
  public static boolean has(Thread thread) {
    if (thread.isVirtual()) {
      return false;
    }
    if (thread.getClass().getName().equals(CARRIER)) {
      return true;
    }
    ThreadGroup group = thread.getThreadGroup();
    return group != null
        && (group.getParent() == null || group.getName().equals("InnocuousThreadGroup"));
  }
}
