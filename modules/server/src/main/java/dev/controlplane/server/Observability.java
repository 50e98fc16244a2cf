package dev.controlplane.server;

import io.helidon.health.HealthCheck;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.health.HealthObserverConfig;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.util.Map;

/**
 * What Helidon serves below {@code /observe}: health with the reason of each check, and metrics.
 */
final class Observability {
  private Observability() {}

  /**
   * Creates the feature.
   *
   * @param checks by name; a check that is down throws, and the message is the reason
   */
  static ObserveFeature of(Map<String, Runnable> checks) {
    HealthObserverConfig.Builder health =
        HealthObserver.builder().details(true).useSystemServices(false);
    checks.forEach((what, check) -> health.addCheck(new NamedCheck(what, check)));
    return ObserveFeature.builder()
        .observersDiscoverServices(false)
        .addObserver(health.build())
        .addObserver(MetricsObserver.create())
        .build();
  }

  private record NamedCheck(String name, Runnable check) implements HealthCheck {
    @Override
    public HealthCheckType type() {
      return HealthCheckType.READINESS;
    }

    @Override
    public HealthCheckResponse call() {
      HealthCheckResponse.Builder response = HealthCheckResponse.builder();
      try {
        check.run();
        return response.status(true).build();
      } catch (RuntimeException e) {
        return response.status(false).detail("reason", String.valueOf(e.getMessage())).build();
      }
    }
  }
}
