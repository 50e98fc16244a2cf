package dev.controlplane.grpc;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.push.Subscriptions;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Forgets consumers that were not seen for a long time, with the workers that they wanted and their
 * reports. A consumer with an open stream is never forgotten.
 */
final class ConsumerRetention {
  private static final Duration MAX_PAUSE = Duration.ofHours(1);
  private static final Duration MIN_PAUSE = Duration.ofSeconds(1);

  /** The longest time that a round may take before the health check fails. */
  private static final Duration MAX_ROUND = Duration.ofMinutes(15);

  private final Consumers consumers;
  private final Subscriptions subscriptions;
  private final LastSeen lastSeen;
  private final Duration retention;
  private final InstantSource clock;
  private final EventLog log;
  private final Counter forgotten;

  /**
   * Creates it without starting.
   *
   * @param retention how long a consumer is remembered after it was last seen
   */
  ConsumerRetention(
      Consumers consumers,
      Subscriptions subscriptions,
      LastSeen lastSeen,
      Duration retention,
      MeterRegistry registry,
      InstantSource clock,
      EventLog log) {
    this.consumers = consumers;
    this.subscriptions = subscriptions;
    this.lastSeen = lastSeen;
    this.retention = retention;
    this.clock = clock;
    this.log = log;
    this.forgotten =
        registry.getOrCreate(
            Counter.builder("controlplane.consumers.forgotten")
                .description("Consumers forgotten because they were not seen for long"));
  }

  /** Starts the thread, with a health check. The server stops it at shutdown. */
  void start(ServerSetup setup) {
    Duration tenth = retention.dividedBy(10);
    Duration pause =
        tenth.compareTo(MAX_PAUSE) > 0
            ? MAX_PAUSE
            : tenth.compareTo(MIN_PAUSE) < 0 ? MIN_PAUSE : tenth;
    Vital thread =
        setup.resource(
            () ->
                Vital.start(
                    "consumer-retention",
                    pause.plus(MAX_ROUND),
                    log,
                    self -> {
                      while (self.pause(pause)) {
                        round();
                      }
                    }));
    setup.check("consumer-retention", thread::check);
  }

  private void round() {
    try {
      enforce();
    } catch (CatalogException e) {
      log.warn("consumer-retention-failed", "reason", e.getMessage());
    } catch (RuntimeException e) {
      log.error("consumer-retention-failed", e);
    }
  }

  /** Forgets consumers that have not been seen for the retention time. */
  void enforce() {
    if (!lastSeen.write()) {
      return; // recent sightings are not on disk yet
    }
    int count =
        consumers.expire(clock.instant().minus(retention), id -> !subscriptions.of(id).isEmpty());
    forgotten.increment(count);
    if (count > 0) {
      log.info("consumers-forgotten", "count", count, "not_seen_for", retention);
    }
  }
}
