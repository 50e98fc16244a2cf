package dev.controlplane.server.metrics;

import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.time.Duration;
import java.util.List;

/** Histograms of times, with the same buckets everywhere: from 1 ms to 60 s. */
public final class Latencies {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60)
  };

  private Latencies() {}

  /** A histogram; {@code _seconds} is added to its name. */
  public static Timer timer(MeterRegistry registry, String name, String description, Tag... tags) {
    return registry.getOrCreate(
        Timer.builder(name)
            .description(description)
            .tags(List.of(tags))
            .percentiles(new double[0]) // a summary's lines have no place here
            .buckets(BUCKETS));
  }
}
