package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Stack;
import java.util.List;

/**
 * Threads that wait for each other in a circle.
 *
 * @param members each waits for a lock that the next one holds; the last one for the first
 */
record Deadlock(List<Member> members) {
  /**
   * A thread of a deadlock.
   *
   * @param stack the visible frames
   * @param waitsFor the lock, such as {@code monitor java.lang.Object@1b2c3d}
   * @param heldBy id of the thread that holds it
   * @param taken the frame in which the holder took it; null if the JVM does not know
   */
  record Member(
      long id,
      String name,
      boolean virtual,
      Stack stack,
      String waitsFor,
      long heldBy,
      Frame taken) {}
}
