package dev.controlplane.transport.http2;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** The client cancelled, left or died, or its connection is gone: nothing more can be sent. */
public final class StreamGoneException extends StatusRuntimeException {

  public StreamGoneException(String why) {
    super(Status.CANCELLED.withDescription(why));
  }

  /** Clients leave all the time: the stack would tell nothing and cost most of the exception. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
