package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import dev.controlplane.catalog.Update;
import java.time.Duration;
import java.time.Instant;

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
   * Creates the row of a consumer and a worker.
   *
   * @param latest the worker's state; null if the worker never existed
   */
  static MatrixRow of(Standing standing, Update latest, Instant now) {
    String desired = latest == null ? null : latest.latest();
    String active = version(standing.active());
    // A worker without a latest version causes no lag: consumers do not report that they dropped
    // one.
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
        // At least 1, because a consumer may report its version with the revision of another
        // version's update.
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

  /** Whether the consumer rejects the desired version. */
  boolean rejecting() {
    return rejected != null && rejected.equals(desired);
  }
}
