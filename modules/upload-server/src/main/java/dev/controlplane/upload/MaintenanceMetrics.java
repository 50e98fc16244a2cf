package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.LogState;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;

/** The metrics of retention and blob collection, at {@code /observe/metrics}. */
final class MaintenanceMetrics {
  private final MeterRegistry registry;
  private final Counter updates;
  private final Counter blobs;
  private final Counter bytes;

  MaintenanceMetrics(MeterRegistry registry, Catalog catalog) {
    this.registry = registry;
    updates = counter("controlplane_log_updates_removed", "Updates that were cut from the log");
    blobs = counter("controlplane_blobs_removed", "Blobs removed because no version has them");
    bytes =
        counter("controlplane_blob_bytes_removed", "Bytes on disk that the removed blobs had used");
    registry.getOrCreate(
        Gauge.builder(
                "controlplane_log_compacted",
                () -> UploadMetrics.told(() -> catalog.log().compacted()))
            .description("Revision up to which the log has been cut"));
    registry.getOrCreate(
        Gauge.builder(
                "controlplane_log_retained",
                () -> UploadMetrics.told(() -> retained(catalog.log())))
            .description("Updates that a consumer can be behind and still resume from the log"));
  }

  private static long retained(LogState log) {
    return log.head() - log.compacted();
  }

  private Counter counter(String name, String description) {
    return registry.getOrCreate(Counter.builder(name).description(description));
  }

  void updatesRemoved(long count) {
    updates.increment(count);
  }

  void blobsRemoved(long count, long size) {
    blobs.increment(count);
    bytes.increment(size);
  }
}
