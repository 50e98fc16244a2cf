package dev.controlplane.consumer;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.failures.CatalogException;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.List;

/** The metrics of downloads, at {@code /observe/metrics}. */
final class DownloadMetrics {
  private final Counter whole;
  private final Counter partial;
  private final Counter notModified;
  private final Counter damaged;
  private final Counter bytes;

  DownloadMetrics(MeterRegistry registry, CatalogReader catalog) {
    whole = downloads(registry, "200");
    partial = downloads(registry, "206");
    notModified = downloads(registry, "304");
    damaged =
        registry.getOrCreate(
            Counter.builder("controlplane_damaged_downloads")
                .description("Downloads refused or cut off because the file is damaged on disk"));
    bytes =
        registry.getOrCreate(
            Counter.builder("controlplane_download_bytes").description("Bytes of files sent"));
    registry.getOrCreate(
        Gauge.builder("controlplane_catalog_revision", () -> revision(catalog))
            .description("Revision of the newest update"));
  }

  /**
   * The newest revision; 0 while there is no catalog, so that the other metrics can still be read.
   */
  private static long revision(CatalogReader catalog) {
    try {
      return catalog.head();
    } catch (CatalogException e) {
      return 0;
    }
  }

  private static Counter downloads(MeterRegistry registry, String status) {
    return registry.getOrCreate(
        Counter.builder("controlplane_downloads")
            .description("Answers to requests for files that are there, by status")
            .tags(List.of(Tag.create("status", status))));
  }

  void sentWhole(long length) {
    whole.increment();
    bytes.increment(length);
  }

  void sentPart(long length) {
    partial.increment();
    bytes.increment(length);
  }

  void notModified() {
    notModified.increment();
  }

  void damaged() {
    damaged.increment();
  }
}
