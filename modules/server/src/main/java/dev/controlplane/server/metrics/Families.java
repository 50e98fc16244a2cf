package dev.controlplane.server.metrics;

import io.helidon.metrics.api.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.List;
import java.util.function.Supplier;

/** Metrics that are made when they are read, for what Helidon's meters do not have. */
public final class Families {
  private Families() {}

  /**
   * Adds metrics to what {@code /observe/metrics} serves.
   *
   * @param families called for each scrape; never waits for long
   */
  @SuppressWarnings("deprecation") // Helidon 4.5 writes Prometheus' format with this registry.
  public static void add(MeterRegistry registry, Supplier<List<MetricFamilySamples>> families) {
    io.micrometer.core.instrument.MeterRegistry all =
        registry.unwrap(io.micrometer.core.instrument.MeterRegistry.class);
    if (all instanceof CompositeMeterRegistry composite) {
      for (io.micrometer.core.instrument.MeterRegistry one : composite.getRegistries()) {
        if (one instanceof PrometheusMeterRegistry prometheus) {
          prometheus
              .getPrometheusRegistry()
              .register(
                  new Collector() {
                    @Override
                    public List<MetricFamilySamples> collect() {
                      return families.get();
                    }
                  });
        }
      }
    }
  }
}
