package dev.controlplane.grpc.http;

import dev.controlplane.catalog.CatalogReader.Span;
import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.Told;
import dev.controlplane.catalog.Update;
import java.util.Optional;

/**
 * How far a consumer is behind with a worker. A consumer that reports is judged by the version that
 * it uses. Of a consumer that has never reported anything the server knows only what it sent.
 *
 * @param latest the worker's state; null if there never was such a worker, or if the update that
 *     deleted it was compacted away
 * @param delivered the revision up to which the consumer has been sent what it asked for
 * @param span the updates that it lacks; empty if it lacks none, or the worker has no version
 * @param deletion whether the consumer was sent the deletion of the worker; empty if the worker was
 *     not deleted
 */
record WorkerLag(Update latest, long delivered, Optional<Span> span, Optional<Deletion> deletion) {
  /** How far the deletion of a worker got. */
  enum Deletion {
    /** The consumer was sent the deletion. Nobody reports that it carried a deletion out. */
    SENT,
    /** The consumer was not sent the deletion yet, so it still has what it had. */
    PENDING
  }

  /**
   * Compares what a consumer has with the state of a worker.
   *
   * @param compacted the updates up to this revision were compacted away
   */
  static WorkerLag of(Standing standing, Update latest, long delivered, long compacted) {
    return new WorkerLag(
        latest,
        delivered,
        span(standing, latest, delivered),
        deletion(standing, latest, compacted)
            .map(revision -> revision <= delivered ? Deletion.SENT : Deletion.PENDING));
  }

  /** The revision by which the worker was deleted; empty if it has a version or never had one. */
  private static Optional<Long> deletion(Standing standing, Update latest, long compacted) {
    if (latest != null) {
      return latest.latest() == null ? Optional.of(latest.revision()) : Optional.empty();
    }
    // Reports are accepted only of versions that the log has or had.
    boolean reported =
        standing.acknowledged() != null || standing.active() != null || standing.rejected() != null;
    return reported ? Optional.of(compacted) : Optional.empty();
  }

  private static Optional<Span> span(Standing standing, Update latest, long delivered) {
    if (latest == null || latest.latest() == null) {
      // Nobody reports that it has dropped a worker that is gone.
      return Optional.empty();
    }
    Told active = standing.active();
    if (!standing.consumer().reports()) {
      return latest.revision() <= delivered ? Optional.empty() : upTo(latest, delivered);
    }
    return active != null && active.version().equals(latest.latest())
        ? Optional.empty()
        : upTo(latest, active == null ? 0 : active.revision());
  }

  private static Optional<Span> upTo(Update latest, long after) {
    return Optional.of(new Span(latest.worker(), after, latest.revision()));
  }

  /** The worker's latest version; null if it has none. */
  String desired() {
    return latest == null ? null : latest.latest();
  }

  /** Whether the newest update that moved the worker's latest version has been sent. */
  boolean isDelivered() {
    return latest != null && latest.revision() <= delivered;
  }
}
