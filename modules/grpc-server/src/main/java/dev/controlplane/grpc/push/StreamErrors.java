package dev.controlplane.grpc.push;

import dev.controlplane.grpc.errors.CallErrors;
import dev.controlplane.server.http.Problem;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.time.Duration;

/** The errors with which streams end. */
final class StreamErrors {
  private static final Duration SOON = Duration.ofSeconds(1);

  private StreamErrors() {}

  /** Returns the error for the reason that a stream ended. */
  static GrpcError of(SubscriptionEnd end) {
    return switch (end) {
      case GONE -> GrpcError.of(Status.CANCELLED, "CANCELLED");
      case STALLED, LAGGING ->
          GrpcError.of(
                  Status.RESOURCE_EXHAUSTED.withDescription(
                      "the client reads too slowly; subscribe again with the last resume token"),
                  "SLOW_CLIENT")
              .retryAfter(SOON);
      case COMPACTED ->
          Problem.COMPACTED.grpc(
              "the log was compacted beyond what the client has read; subscribe again with"
                  + " snapshot");
      case EXPIRED ->
          CallErrors.unavailable(
              "the stream was open for as long as one may be; subscribe again", "STREAM_EXPIRED");
      case STOPPING -> CallErrors.stopping("the server is going away; subscribe again");
      case LOG_REPLACED ->
          CallErrors.unavailable("the update log was replaced; subscribe again", "LOG_REPLACED");
      case NO_LOG ->
          Problem.STORAGE_MISSING.grpc(
              "the server can't read its update log now; subscribe again later");
      case UNREADABLE ->
          Problem.STORAGE_FAILED.grpc("the store can't be read now; subscribe again");
      case FAILED ->
          GrpcError.of(
              Status.INTERNAL.withDescription("the server failed; its log tells why"),
              "INTERNAL_ERROR");
    };
  }
}
