package dev.controlplane.pprof;

/** Takes note of one goroutine profile: in Flight Recorder, if the JVM has it. */
@FunctionalInterface
interface ProfileObserver {
  /** The module {@code jdk.jfr} may be left out of a JVM, or of the modules that it resolves. */
  boolean FLIGHT_RECORDER = isThere("jdk.jfr.Event");

  /**
   * The profile is complete.
   *
   * @param form counted, stacks or goroutines
   */
  void ended(String form, boolean isHotSpot, long goroutines);

  /** A profile begins. */
  static ProfileObserver begun() {
    return FLIGHT_RECORDER ? ProfileEvent.begun() : (form, isHotSpot, goroutines) -> {};
  }

  private static boolean isThere(String className) {
    try {
      Class.forName(className, false, ProfileObserver.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
