package dev.controlplane.server.metrics;

import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;

/** The metrics that every server has. */
public final class ServerMetrics {
  private ServerMetrics() {}

  /**
   * Shows a server's release, its process and the disk of its data directory.
   *
   * @return counts the requests; to be added to the routing
   */
  public static RequestMetrics show(String server, String version, Path dataDirectory) {
    MeterRegistry registry = Services.get(MeterRegistry.class);
    ProcessMetrics.show(registry, server, version);
    StorageMetrics.showSpace(registry, dataDirectory);
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
