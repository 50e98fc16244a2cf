package dev.controlplane.server.metrics;

import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;
import java.util.Optional;

/** The metrics that every server has. */
public final class ServerMetrics {
  private ServerMetrics() {}

  /**
   * Shows a server's release, its process and the disk of its data directory.
   *
   * @param dataDirectory absent for a server that has none
   * @return counts the requests; to be added to the routing
   */
  public static RequestMetrics show(String server, String version, Optional<String> dataDirectory) {
    MeterRegistry registry = Services.get(MeterRegistry.class);
    ProcessMetrics.show(registry, server, version);
    dataDirectory.ifPresent(directory -> StorageMetrics.showSpace(registry, Path.of(directory)));
    return new RequestMetrics(registry, server);
  }

  /**
   * Takes Helidon's own count of requests away once the server is built: it counts only those that
   * no route of the API answers, such as scrapes.
   */
  public static void hideHelidons() {
    MeterRegistry registry = Services.get(MeterRegistry.class);
    registry.meters().stream()
        .filter(meter -> meter.id().name().equals("requests.count"))
        .toList()
        .forEach(registry::remove);
  }
}
