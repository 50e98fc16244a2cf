package dev.controlplane.client.cli.terminal;

import java.io.IOException;

/** Standard output takes nothing more. */
public final class OutputException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean readerGone;

  OutputException(boolean readerGone, IOException cause) {
    super("standard output: " + cause.getMessage(), cause);
    this.readerGone = readerGone;
  }

  /** Whether the other end of the pipe was closed, as {@code head} does when it has enough. */
  public boolean readerGone() {
    return readerGone;
  }
}
