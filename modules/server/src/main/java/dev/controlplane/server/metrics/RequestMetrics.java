package dev.controlplane.server.metrics;

import dev.controlplane.server.http.MatchedRoute;
import io.helidon.common.Weighted;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts every HTTP request with the time until it was answered, by route, method and status. A
 * client can't make new labels: paths and methods that the server does not know count as one.
 */
public final class RequestMetrics implements HttpFeature, Filter, Weighted {
  private static final double BEFORE_ALL = 100_001;
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");
  private static final String OTHER = "other";

  /** The paths of Helidon's features, which have no route here. */
  private static final Set<String> FEATURES =
      Set.of("/observe/health", "/observe/metrics", "/debug/pprof");

  private record Labels(String route, String method, int code) {}

  private final MeterRegistry registry;
  private final String server;
  private final Map<Labels, Timer> timers = new ConcurrentHashMap<>();

  public RequestMetrics(MeterRegistry registry, String server) {
    this.registry = registry;
    this.server = server;
  }

  @Override
  public double weight() {
    return BEFORE_ALL;
  }

  @Override
  public void setup(HttpRouting.Builder routing) {
    routing.addFilter(this);
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    long began = System.nanoTime();
    try {
      chain.proceed();
    } finally {
      String method = request.prologue().method().text();
      timers
          .computeIfAbsent(
              new Labels(
                  route(request),
                  METHODS.contains(method) ? method : OTHER,
                  response.status().code()),
              this::timer)
          .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
    }
  }

  private static String route(RoutingRequest request) {
    MatchedRoute matched = request.context().get(MatchedRoute.class).orElse(null);
    if (matched != null) {
      return matched.pattern();
    }
    String path = request.prologue().uriPath().rawPath();
    for (String feature : FEATURES) {
      if (path.startsWith(feature)
          && (path.length() == feature.length() || path.charAt(feature.length()) == '/')) {
        return feature;
      }
    }
    return OTHER;
  }

  private Timer timer(Labels labels) {
    return Latencies.timer(
        registry,
        "controlplane.http.request.duration",
        "Time from the head of an HTTP request to the end of its answer",
        Tag.create("server", server),
        Tag.create("route", labels.route()),
        Tag.create("method", labels.method()),
        Tag.create("code", String.valueOf(labels.code())));
  }
}
