package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.consumer.RecordingStream;

/**
 * Samples taken by each thread's own CPU time, also in native methods ({@code jdk.CPUTimeSample};
 * Linux, JDK 25 and later).
 */
final class CpuTimeEvents implements Events {
  static final String NAME = "jdk.CPUTimeSample";
  static final ValueType CPU = new ValueType("cpu", "nanoseconds");
  static final List<ValueType> TYPES = List.of(new ValueType("samples", "count"), CPU);

  private static final String LOST = "jdk.CPUTimeSamplesLost";
  private static final Duration PERIOD = Duration.ofMillis(10);

  private long period = PERIOD.toNanos();
  private long lost;

  /** The samples of this JVM, which a stream is told to take. */
  static CpuTimeEvents live(RecordingStream stream) throws IOException {
    boolean known =
        FlightRecorder.getFlightRecorder().getEventTypes().stream()
            .anyMatch(type -> type.getName().equals(NAME));
    if (!known) {
      throw new IOException(
          "this JVM takes no samples by CPU time: that needs Linux and JDK 25 or later; choose the"
              + " source \"samples\"");
    }
    stream.enable(NAME).with("throttle", PERIOD.toMillis() + "ms");
    stream.enable(LOST);
    return new CpuTimeEvents();
  }

  @Override
  public List<ValueType> types() {
    return TYPES;
  }

  @Override
  public long period() {
    return period;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    source.onEvent(
        NAME,
        event -> {
          period = event.getDuration("samplingPeriod").toNanos();
          taker.sample(event, event.getThread(), 1, period);
        });
    source.onEvent(LOST, event -> lost += event.getLong("lostSamples"));
  }

  @Override
  public List<String> remarks() {
    return lost == 0
        ? List.of()
        : List.of(lost + " samples were lost, because the recorder's queues were full.");
  }
}
