package dev.controlplane.grpc.push;

/** Why a subscription ended. */
enum SubscriptionEnd {
  /** The client went away. */
  GONE,
  /** The client did not read for too long. */
  STALLED,
  /** The server is going away. */
  STOPPING,
  /** The client read too slowly for too long. */
  LAGGING,
  /** The log was cut where the subscription stood. */
  COMPACTED,
  /** It was open for as long as a stream may be. */
  EXPIRED,
  /** The log is not the one that the subscription followed. */
  LOG_REPLACED,
  /** There is no log that could be read. */
  NO_LOG,
  /** The store could not be read when the stream began. */
  UNREADABLE,
  /** The server failed at it. */
  FAILED
}
