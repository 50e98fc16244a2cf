package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.util.List;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;

/**
 * Waits for monitors ({@code jdk.JavaMonitorEnter}) and for the locks of {@code
 * java.util.concurrent} ({@code jdk.ThreadPark}) that were as long as the recording's threshold.
 * The stack is that of the thread that waited.
 */
final class LockEvents implements Events {
  private static final List<ValueType> TYPES =
      List.of(new ValueType("contentions", "count"), new ValueType("delay", "nanoseconds"));

  /** Locks park on their own synchronizer; what waits for work parks on a condition or a node. */
  private static final String LOCKS = "java.util.concurrent.locks.";

  @Override
  public List<ValueType> types() {
    return TYPES;
  }

  @Override
  public long period() {
    return 1;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    source.onEvent("jdk.JavaMonitorEnter", event -> take(event, taker));
    source.onEvent(
        "jdk.ThreadPark",
        event -> {
          RecordedClass parked = event.getClass("parkedClass");
          String name = parked == null ? "" : parked.getName();
          if (name.startsWith(LOCKS) && name.contains("Lock")) {
            take(event, taker);
          }
        });
  }

  private static void take(RecordedEvent event, Taker taker) {
    taker.sample(event, event.getThread(), 1, event.getDuration().toNanos());
  }

  @Override
  public List<String> remarks() {
    return List.of(
        "Only waits longer than the recording's threshold are in it, and none of virtual threads:"
            + " the Flight Recorder does not see those wait.");
  }
}
