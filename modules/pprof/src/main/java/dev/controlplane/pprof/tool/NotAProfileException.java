package dev.controlplane.pprof.tool;

import java.io.IOException;

/** Bytes are not a profile. The message says what they are instead, as far as can be told. */
final class NotAProfileException extends IOException {
  private static final long serialVersionUID = 1;

  NotAProfileException(String message) {
    super(message);
  }
}
