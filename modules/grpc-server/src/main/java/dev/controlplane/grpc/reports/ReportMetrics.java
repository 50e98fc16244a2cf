package dev.controlplane.grpc.reports;

import dev.controlplane.catalog.Consumers.State;
import dev.controlplane.server.metrics.Latencies;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** The metrics of consumers' reports. Thread-safe. */
public final class ReportMetrics {
  /** Why a report was not recorded. */
  enum Refusal {
    /** A field is invalid. */
    INVALID,
    /** The consumer, worker or version does not exist. */
    UNKNOWN,
    /** The disk does not accept it. */
    STORAGE
  }

  private final Map<State, LongAdder> recorded = new EnumMap<>(State.class);
  private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);
  private final Timer sentToAcknowledged;

  public ReportMetrics(MeterRegistry registry) {
    for (State state : State.values()) {
      counter(
          registry,
          "controlplane.reports",
          "Reports of consumers that were recorded",
          recorded.computeIfAbsent(state, s -> new LongAdder()),
          "state",
          state);
    }
    for (Refusal reason : Refusal.values()) {
      counter(
          registry,
          "controlplane.reports.refused",
          "Reports of consumers that ended their call",
          refused.computeIfAbsent(reason, r -> new LongAdder()),
          "reason",
          reason);
    }
    sentToAcknowledged =
        Latencies.timer(
            registry,
            "controlplane.acknowledgement.delay",
            "Time from the sending of an update to the consumer's first report about it");
  }

  private static void counter(
      MeterRegistry registry,
      String name,
      String description,
      LongAdder count,
      String tag,
      Enum<?> value) {
    registry.getOrCreate(
        FunctionalCounter.builder(name, count, LongAdder::sum)
            .description(description)
            .tags(List.of(Tag.create(tag, value.name().toLowerCase(Locale.ROOT)))));
  }

  void recorded(State state) {
    recorded.get(state).increment();
  }

  void refused(Refusal reason) {
    refused.get(reason).increment();
  }

  void acknowledgedAfter(long nanos) {
    sentToAcknowledged.record(nanos, TimeUnit.NANOSECONDS);
  }
}
