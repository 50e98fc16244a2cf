package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import dev.controlplane.catalog.Update;
import java.time.Duration;
import java.time.Instant;

/**
 * How a consumer stands with a worker, as it is told.
 *
 * @param desired the worker's latest version; null if it has none
 * @param acknowledged the version whose bytes the consumer has had last; null for none
 * @param active the version that it uses; null for none
 * @param rejected the version that it will not use; null for none
 * @param code why it was rejected; null unless one is
 * @param message why it was rejected, for people; null unless one is
 * @param lagRevisions updates of the log from that of the active version up to that of the desired
 *     one; 0 if the active one is the desired one
 * @param lagSeconds how long the desired version has been so; 0 if it is the active one
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
    long lagRevisions,
    long lagSeconds,
    Instant lastSeen) {

  /**
   * The row of a consumer and a worker.
   *
   * @param latest the worker's state; null if there never was such a worker
   */
  static MatrixRow of(Standing standing, Update latest, Instant now) {
    String desired = latest == null ? null : latest.latest();
    String active = version(standing.active());
    // Nobody tells of having dropped a worker that is gone.
    boolean behind = desired != null && !desired.equals(active);
    long from = standing.active() == null ? 0 : standing.active().revision();
    boolean rejects = standing.rejected() != null;
    return new MatrixRow(
        standing.consumer(),
        standing.worker(),
        desired,
        version(standing.acknowledged()),
        active,
        version(standing.rejected()),
        rejects ? standing.code() : null,
        rejects ? standing.message() : null,
        // A consumer may call an update of another version's that of its own.
        behind ? Math.max(1, latest.revision() - from) : 0,
        behind ? Math.max(0, Duration.between(latest.committedAt(), now).toSeconds()) : 0,
        standing.lastSeen());
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
