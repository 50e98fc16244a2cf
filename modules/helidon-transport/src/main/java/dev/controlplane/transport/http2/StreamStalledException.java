package dev.controlplane.transport.http2;

import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;

/**
 * The client accepted no data of a stream for longer than {@link
 * GrpcStreams.Settings#stallLimit()}.
 */
public final class StreamStalledException extends StatusRuntimeException {
  private static final Duration RETRY = Duration.ofSeconds(1);

  StreamStalledException(Duration limit) {
    this(
        GrpcError.of(
                Status.RESOURCE_EXHAUSTED.withDescription(
                    "the client read nothing for "
                        + limit.toMillis()
                        + " ms; resume, and read faster"),
                "SLOW_CLIENT")
            .retryAfter(RETRY));
  }

  private StreamStalledException(GrpcError error) {
    super(error.status(), error.trailers());
  }

  /** A slow client is not a server error; a stack trace would tell nothing. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
