package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.server.Bound;
import dev.controlplane.server.metrics.Latencies;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The metrics of uploads, at {@code /observe/metrics}. */
final class UploadMetrics {
  /** The result of an upload. */
  enum Result {
    /** A new version was published. */
    CREATED,
    /** The version existed with the same bytes. */
    UNCHANGED,
    /** The client's fault: a 4xx answer. */
    REJECTED,
    /** The server's fault: a 5xx answer. */
    FAILED
  }

  private final Map<Result, Counter> results = new EnumMap<>(Result.class);
  private final MeterRegistry registry;
  private final Counter bytes;
  private final Timer duration;
  private final Counter announceFailures;

  UploadMetrics(MeterRegistry registry, Catalog catalog, Bound uploads) {
    this.registry = registry;
    for (Result result : Result.values()) {
      results.put(
          result,
          registry.getOrCreate(
              Counter.builder("controlplane_uploads")
                  .description("Uploads by outcome")
                  .tags(List.of(Tag.create("result", result.name().toLowerCase(Locale.ROOT))))));
    }
    bytes =
        registry.getOrCreate(
            Counter.builder("controlplane_upload_bytes")
                .description("Bytes of request bodies received by uploads"));
    duration =
        Latencies.timer(
            registry,
            "controlplane_upload_duration",
            "Time from the head of an upload to its answer, of published versions");
    announceFailures =
        registry.getOrCreate(
            Counter.builder("controlplane_announce_failures")
                .description("Announcements that a grpc-server did not take"));
    registry.getOrCreate(
        FunctionalCounter.builder("controlplane_uploads_refused", uploads, Bound::refusals)
            .description("Uploads refused because MAX_UPLOADS were running"));
    gauge("controlplane_uploads_in_flight", "Uploads being received now", uploads::inUse);
    gauge(
        "controlplane_catalog_revision",
        "Revision of the newest update",
        () -> told(catalog::head));
    gauge(
        "controlplane_catalog_writer_queue",
        "Changes that wait for the catalog's writer",
        () -> catalog.status().waiting());
    registry.getOrCreate(
        FunctionalCounter.builder(
                "controlplane_catalog_transactions", catalog, c -> c.status().transactions())
            .description("Transactions committed; fewer than changes where several shared one"));
  }

  private <N extends Number> void gauge(String name, String description, Supplier<N> value) {
    registry.getOrCreate(Gauge.builder(name, value).description(description));
  }

  /**
   * A value of the catalog; 0 while there is no catalog, so that the other metrics can still be
   * read.
   */
  static long told(LongSupplier ofCatalog) {
    try {
      return ofCatalog.getAsLong();
    } catch (CatalogException e) {
      return 0;
    }
  }

  void ended(Result result, long received, long nanos) {
    results.get(result).increment();
    bytes.increment(received);
    if (result == Result.CREATED || result == Result.UNCHANGED) {
      duration.record(Duration.ofNanos(nanos));
    }
  }

  void announceFailed() {
    announceFailures.increment();
  }
}
