package dev.controlplane.pprof.sources;

import java.io.IOException;

/** Nothing could be read: the input is no thread dump in JSON, or none of its threads is whole. */
public final class NotAThreadDumpException extends IOException {
  private static final long serialVersionUID = 1;

  NotAThreadDumpException(String message) {
    super(message);
  }
}
