package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.threads.Exports;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The monitors of a thread, virtual or platform: those that it owns, and the one that it waits to
 * enter. The JVM takes such a snapshot of each thread for its own thread dump.
 *
 * <p><b>Only for threads that stand still.</b> On JDK 25 the JVM may crash if a virtual thread
 * mounts or unmounts while its snapshot is taken (JDK-8364343).
 *
 * <p>Requires JDK 25 or later and the JVM option {@code --add-opens
 * java.base/jdk.internal.vm=ALL-UNNAMED}.
 *
 * @param enters the object whose monitor the thread waits to enter; null for none
 * @param owned the monitors that the thread owns
 */
public record MonitorSnapshot(Object enters, List<Owned> owned) {
  /** The JVM option that makes monitors visible. */
  public static final String OPTION = Exports.addOpens("jdk.internal.vm");

  /**
   * A monitor that a thread owns.
   *
   * @param where the frame that entered it
   */
  public record Owned(Object monitor, StackTraceElement where) {}

  private record Access(
      MethodHandle of,
      MethodHandle state,
      MethodHandle stack,
      MethodHandle blockedOn,
      MethodHandle ownsMonitors,
      MethodHandle ownedAt) {}

  /** Null if this JVM has no such snapshots, or keeps them to itself. */
  private static final Access ACCESS = find();

  private static Access find() {
    try {
      Class<?> snapshot = Class.forName("jdk.internal.vm.ThreadSnapshot");
      if (!snapshot
          .getModule()
          .isOpen(snapshot.getPackageName(), MonitorSnapshot.class.getModule())) {
        return null;
      }
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(snapshot, MethodHandles.lookup());
      return new Access(
          lookup.findStatic(snapshot, "of", MethodType.methodType(snapshot, Thread.class)),
          lookup.findVirtual(snapshot, "threadState", MethodType.methodType(Thread.State.class)),
          lookup.findVirtual(
              snapshot, "stackTrace", MethodType.methodType(StackTraceElement[].class)),
          lookup.findVirtual(snapshot, "blockedOn", MethodType.methodType(Object.class)),
          lookup.findVirtual(snapshot, "ownsMonitors", MethodType.methodType(boolean.class)),
          lookup.findVirtual(
              snapshot, "ownedMonitorsAt", MethodType.methodType(Stream.class, int.class)));
    } catch (ReflectiveOperationException e) {
      return null; // another JVM, or another version
    }
  }

  /** Whether snapshots can be taken in this JVM. */
  public static boolean available() {
    return ACCESS != null;
  }

  /** Takes the snapshot of a thread that stands still; null if there is none. */
  public static MonitorSnapshot of(Thread thread) {
    try {
      Object snapshot = ACCESS.of.invoke(thread);
      if (snapshot == null) {
        return null;
      }
      Object enters =
          (Thread.State) ACCESS.state.invoke(snapshot) == Thread.State.BLOCKED
              ? ACCESS.blockedOn.invoke(snapshot)
              : null;
      var owned = new ArrayList<Owned>();
      if ((boolean) ACCESS.ownsMonitors.invoke(snapshot)) {
        StackTraceElement[] stack = (StackTraceElement[]) ACCESS.stack.invoke(snapshot);
        for (int depth = 0; depth < stack.length; depth++) {
          for (Object monitor : ((Stream<?>) ACCESS.ownedAt.invoke(snapshot, depth)).toList()) {
            if (monitor != null) {
              owned.add(new Owned(monitor, stack[depth]));
            }
          }
        }
      }
      return new MonitorSnapshot(enters, owned);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("the JVM gave no snapshot of a thread", e);
    }
  }
}
