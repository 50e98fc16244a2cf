package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import java.time.Duration;
import java.time.Instant;

/**
 * How a consumer stands with a worker, as the HTTP API shows it.
 *
 * @param desired the worker's latest version; null if it has none
 * @param acknowledged the version whose bytes the consumer has had last; null for none
 * @param active the version that it uses; null for none
 * @param rejected the version that it will not use; null for none
 * @param code why it was rejected; null unless one is
 * @param message why it was rejected, for people; null unless one is
 * @param state what that comes to; null if the worker has no version
 * @param lagRevisions updates of the worker that the consumer lacks; 0 if it lacks none
 * @param lagSeconds how long the desired version has been so; 0 if the consumer lacks no update
 * @param deliveredRevision up to where the consumer has been sent what it asked for
 * @param delivered whether that covers the update that made the desired version the latest
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
    Instant lastSeen) {

  /**
   * The row of a consumer and a worker.
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

  /** Whether what the consumer will not use is what it should. */
  boolean rejecting() {
    return rejected != null && rejected.equals(desired);
  }
}
