package dev.controlplane.grpc.errors;

import dev.controlplane.catalog.InvalidNameException;
import dev.controlplane.server.http.Problem;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;

/** The errors of gRPC calls that do not come from the catalog. */
public final class CallErrors {
  private static final Duration SOON = Duration.ofSeconds(1);

  private CallErrors() {}

  /** Returns the error for an invalid request, with the invalid field if it is known. */
  public static GrpcError invalid(IllegalArgumentException wrong) {
    return switch (wrong) {
      case InvalidNameException e -> Problem.INVALID_NAME.grpc(e.getMessage()).field(e.field());
      case InvalidFieldException e ->
          invalid(e.getMessage(), "INVALID_" + e.field().toUpperCase(Locale.ROOT)).field(e.field());
      default -> invalid(wrong.getMessage(), "INVALID_ARGUMENT");
    };
  }

  private static GrpcError invalid(String message, String reason) {
    return GrpcError.of(Status.INVALID_ARGUMENT.withDescription(message), reason);
  }

  /** The limit of open streams is reached. */
  public static GrpcError tooManyStreams(String message) {
    return GrpcError.of(Status.RESOURCE_EXHAUSTED.withDescription(message), "TOO_MANY_STREAMS")
        .retryAfter(Duration.ofSeconds(5));
  }

  /** The server is shutting down. */
  public static GrpcError stopping(String message) {
    return unavailable(message, "SERVER_STOPPING");
  }

  /** A retry may succeed soon. */
  public static GrpcError unavailable(String message, String reason) {
    return GrpcError.of(Status.UNAVAILABLE.withDescription(message), reason).retryAfter(SOON);
  }
}
