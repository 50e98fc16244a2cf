package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import jdk.jfr.consumer.RecordingStream;

/**
 * Samples of threads that run Java code, taken by a clock ({@code jdk.ExecutionSample}).
 *
 * <p>{@code jdk.NativeMethodSample} is left out: it samples threads in native methods, whether they
 * work or wait, so that a server's waiting selectors would be on top.
 */
final class ExecutionEvents implements Events {
  static final String NAME = "jdk.ExecutionSample";

  /** As often as Go: 100 times a second. */
  private static final Duration PERIOD = Duration.ofMillis(10);

  private final SamplingPeriod period;
  private long last;

  private ExecutionEvents(long expected) {
    period = new SamplingPeriod(expected);
    last = expected;
  }

  /** The samples of a file; the JDK's settings have a period of 20 ms. */
  static ExecutionEvents ofFile() {
    return new ExecutionEvents(2 * PERIOD.toNanos());
  }

  /** The samples of this JVM, which a stream is told to take. */
  static ExecutionEvents live(RecordingStream stream) {
    stream.enable("jdk.ActiveSetting");
    stream.enable(NAME).withPeriod(PERIOD);
    long shortest = PERIOD.toNanos();
    for (Recording other : FlightRecorder.getFlightRecorder().getRecordings()) {
      Map<String, String> settings = other.getSettings();
      if (other.getState() == RecordingState.RUNNING
          && "true".equals(settings.get(NAME + "#enabled"))) {
        String text = settings.get(NAME + "#period");
        shortest = Math.min(shortest, SamplingPeriod.parse(text, shortest));
      }
    }
    return new ExecutionEvents(shortest);
  }

  @Override
  public List<ValueType> types() {
    return CpuTimeEvents.TYPES;
  }

  @Override
  public long period() {
    return last;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    period.subscribe(source);
    source.onEvent(
        NAME,
        event -> {
          last = period.of(event.getEventType());
          taker.sample(event, event.getThread("sampledThread"), 1, last);
        });
  }

  @Override
  public List<String> remarks() {
    return List.of(
        "Sampled by a clock: up to five threads that run Java code each time. Time in native"
            + " methods, in the collector and in the compilers is not in it.");
  }
}
