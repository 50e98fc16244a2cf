package dev.controlplane.pprof.tool;

import java.io.IOException;

/** Bytes are not a profile, or a damaged one. The message says what is wrong with them. */
final class NotAProfileException extends IOException {
  private static final long serialVersionUID = 1;

  NotAProfileException(String message) {
    super(message);
  }
}
