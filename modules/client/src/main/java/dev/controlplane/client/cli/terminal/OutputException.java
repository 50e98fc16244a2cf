package dev.controlplane.client.cli.terminal;

import java.io.IOException;

/** Standard output can't be written any more. */
public final class OutputException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean readerGone;

  OutputException(boolean readerGone, IOException cause) {
    super("standard output: " + cause.getMessage(), cause);
    this.readerGone = readerGone;
  }

  /** Whether the reader closed the pipe, as {@code head} does when it has enough. */
  public boolean readerGone() {
    return readerGone;
  }
}
