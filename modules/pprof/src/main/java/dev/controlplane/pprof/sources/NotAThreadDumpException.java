package dev.controlplane.pprof.sources;

import java.io.IOException;

/** The input is not a JSON thread dump, or contains no complete thread. */
public final class NotAThreadDumpException extends IOException {
  private static final long serialVersionUID = 1;

  NotAThreadDumpException(String message) {
    super(message);
  }
}
