package dev.controlplane.grpc.push;

/** Why a subscription ended. */
enum SubscriptionEnd {
  /** The client disconnected or cancelled. */
  GONE,
  /** The client accepted no data for the stall limit. */
  STALLED,
  /** The server is shutting down. */
  STOPPING,
  /** The client read so slowly that it exceeded the allowed lag. */
  LAGGING,
  /**
   * Compaction removed updates that the subscription still needed, and the client can't be sent a
   * RESYNC.
   */
  COMPACTED,
  /** The stream reached its maximum age. */
  EXPIRED,
  /** The catalog has a different log than the one that the subscription followed. */
  LOG_REPLACED,
  /** There is no readable log. */
  NO_LOG,
  /** The catalog could not be read when the stream began. */
  UNREADABLE,
  /** An unexpected failure of the server. */
  FAILED
}
