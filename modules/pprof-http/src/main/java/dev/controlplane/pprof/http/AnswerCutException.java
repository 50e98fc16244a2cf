package dev.controlplane.pprof.http;

import java.io.IOException;

/**
 * An answer broke off in its middle. The adapter must end the connection without completing the
 * answer, so that the client notices.
 *
 * @since 0.1.0
 */
public final class AnswerCutException extends IOException {
  private static final long serialVersionUID = 1;

  AnswerCutException(Exception cause) {
    super("a profile was cut off: " + cause.getMessage(), cause);
  }
}
