package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * The state of a consumer for a worker, as the HTTP API shows it.
 *
 * @param desired the worker's latest version; null if it has none
 * @param acknowledged the version whose bytes arrived last at the consumer; null for none
 * @param active the version that it uses; null for none
 * @param rejected the version that it refuses; null for none
 * @param code a short word for the reason of the rejection; null without one
 * @param message the reason of the rejection, for people; null without one
 * @param lagRevisions how many revisions the update of the active version is behind that of the
 *     desired version; 0 if both versions are the same
 * @param lagSeconds for how many seconds the desired version has been the latest; 0 if it is active
 * @param deletion null unless the worker was deleted: {@code sent} if the consumer was sent the
 *     deletion, otherwise {@code pending}
 */
record MatrixRow(
    String consumerId,
    String workerName,
    String desired,
    String acknowledged,
    String active,
    String rejected,
    String code,
    String message,
    String state,
    long lagRevisions,
    long lagSeconds,
    long deliveredRevision,
    boolean delivered,
    String deletion,
    Instant lastSeen) {

  /**
   * Creates the row of a consumer and a worker.
   *
   * @param lacking how many updates of the worker the consumer lacks
   */
  static MatrixRow of(Standing standing, WorkerLag lag, int lacking, Instant now) {
    boolean rejects = standing.rejected() != null;
    return new MatrixRow(
        standing.consumer().id(),
        standing.worker(),
        lag.desired(),
        version(standing.acknowledged()),
        version(standing.active()),
        version(standing.rejected()),
        rejects ? standing.code() : null,
        rejects ? standing.message() : null,
        state(standing, lag, lacking),
        lacking,
        lacking == 0
            ? 0
            : Math.max(0, Duration.between(lag.latest().committedAt(), now).toSeconds()),
        lag.delivered(),
        lag.isDelivered(),
        lag.deletion().map(deletion -> deletion.name().toLowerCase(Locale.ROOT)).orElse(null),
        standing.consumer().lastSeen());
  }

  private static String state(Standing standing, WorkerLag lag, int lacking) {
    String desired = lag.desired();
    if (desired == null) {
      return null;
    }
    if (desired.equals(version(standing.rejected()))) {
      return "rejected";
    }
    if (standing.consumer().reports()) {
      return lacking == 0 ? "active" : "lagging";
    }
    return lacking == 0 ? "delivered" : "behind";
  }

  private static String version(Told told) {
    return told == null ? null : told.version();
  }

  boolean lagging() {
    return lagRevisions > 0;
  }

  /** Whether the consumer rejects the desired version. */
  boolean rejecting() {
    return rejected != null && rejected.equals(desired);
  }
}
