package dev.controlplane.pprof.sources;

/**
 * Distinguishes the JVM's own threads from those of the program, as Go distinguishes its system
 * goroutines. The JVM's are, for example, the reference handler, the finalizer, the signal
 * dispatcher, the cleaners, the carriers of virtual threads and their timer, and Flight Recorder.
 */
public final class JvmThreads {
  private static final String CARRIER = "jdk.internal.misc.CarrierThread";

  private JvmThreads() {}

  /**
   * Whether a thread is the JVM's own.
   *
   * <p>Implementation note: the JVM's threads are in the root thread group or in the group of
   * {@code InnocuousThread}. A program's threads are in the group {@code main}, a child of the
   * root, or below it.
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
