package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import dev.controlplane.server.metrics.Families;
import io.helidon.metrics.api.MeterRegistry;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.GaugeMetricFamily;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many consumers are in which state, for a few workers: those that most consumers reject, then
 * those that most consumers have reported about. A thread of its own counts them now and then; a
 * scrape reads what was counted last.
 */
public final class WorkerMetrics {
  /** The most workers that can be shown. */
  public static final int MOST = 1000;

  private static final String NAME = "worker-metrics";
  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** A round that takes long is followed by a pause so many times as long. */
  private static final int CALM = 20;

  /**
   * The longest time that a round, or the pause after it, may take before the health check fails.
   */
  private static final Duration MAX_ROUND = Duration.ofMinutes(15);

  private static final int PAGE = 1000;

  /** All states, so that a state that no consumer is in is shown as 0. */
  private static final List<String> STATES =
      List.of("active", "rejected", "lagging", "delivered", "behind");

  private final Matrix matrix;
  private final Consumers consumers;
  private final int workers;
  private final EventLog log;
  private volatile Map<String, Map<String, Integer>> counted = Map.of();

  private WorkerMetrics(Matrix matrix, Consumers consumers, int workers, EventLog log) {
    this.matrix = matrix;
    this.consumers = consumers;
    this.workers = workers;
    this.log = log;
  }

  /**
   * Starts to count; the server ends it and checks it.
   *
   * @param workers how many are shown, 1 or more
   */
  public static void start(
      Matrix matrix, Consumers consumers, int workers, MeterRegistry registry, ServerSetup setup) {
    WorkerMetrics metrics = new WorkerMetrics(matrix, consumers, workers, setup.log());
    Families.add(registry, metrics::families);
    Vital thread =
        setup.resource(
            () -> Vital.start(NAME, PAUSE.plus(MAX_ROUND), setup.log(), metrics::countForEver));
    setup.check(NAME, thread::check);
  }

  private void countForEver(Vital self) throws InterruptedException {
    Duration pause = Duration.ofSeconds(1);
    while (self.pause(pause)) {
      long start = System.nanoTime();
      round();
      Duration rest = Duration.ofNanos((System.nanoTime() - start) * CALM);
      pause = rest.compareTo(PAUSE) < 0 ? PAUSE : rest.compareTo(MAX_ROUND) > 0 ? MAX_ROUND : rest;
    }
  }

  private void round() {
    try {
      Map<String, Map<String, Integer>> now = new HashMap<>();
      for (String worker : consumers.mostReported(workers)) {
        Map<String, Integer> states = count(worker);
        if (states != null) {
          now.put(worker, states);
        }
      }
      counted = now;
    } catch (CatalogException e) {
      // Who runs what is not known; the health check and the log say why.
      counted = Map.of();
    } catch (RuntimeException e) {
      counted = Map.of();
      log.error("worker-metrics-failed", e);
    }
  }

  /** Consumers by state; null if the worker has no version. */
  private Map<String, Integer> count(String worker) {
    Map<String, Integer> states = new HashMap<>();
    MatrixPlace after = null;
    do {
      Matrix.OfWorker found = matrix.with(worker, new Matrix.Query(row -> true, PAGE, after));
      if (found == null || found.latest().latest() == null) {
        return null;
      }
      Page<MatrixRow> page = found.page();
      page.items().forEach(row -> states.merge(String.valueOf(row.state()), 1, Integer::sum));
      after = page.next() == null ? null : MatrixPlace.of(page.next());
    } while (after != null);
    return states;
  }

  private List<MetricFamilySamples> families() {
    GaugeMetricFamily family =
        new GaugeMetricFamily(
            "controlplane_worker_consumers",
            "Consumers of a worker by the state of its latest version, for METRICS_WORKERS workers",
            List.of("worker", "state"));
    counted.forEach(
        (worker, states) ->
            STATES.forEach(
                state -> family.addMetric(List.of(worker, state), states.getOrDefault(state, 0))));
    return List.of(family);
  }
}
