package dev.controlplane.transport.http2;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Nothing more can be sent on a stream: the client cancelled, disconnected or died, or its
 * connection is gone.
 */
public final class StreamGoneException extends StatusRuntimeException {

  public StreamGoneException(String why) {
    super(Status.CANCELLED.withDescription(why));
  }

  /**
   * Clients leave all the time. A stack trace would tell nothing and be most of the exception's
   * cost.
   */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
