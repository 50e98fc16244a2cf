package dev.controlplane.pprof.http;

import java.io.IOException;

/** There are too many requests for profiles at once. */
final class BusyException extends IOException {
  private static final long serialVersionUID = 1;

  BusyException(int most) {
    super(
        ("too many profiles at once: %d are taken or read, as many as max-requests"
                + " (PPROF_MAX_REQUESTS) allows; try again in a second")
            .formatted(most));
  }

  /** A refusal is not worth a stack trace: there may be many. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
