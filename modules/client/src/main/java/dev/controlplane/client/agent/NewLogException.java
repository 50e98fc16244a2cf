package dev.controlplane.client.agent;

import java.io.IOException;

/**
 * The server's log differs from the one that the agent followed, and the agent is set to stop in
 * that case.
 */
public final class NewLogException extends IOException {
  private static final long serialVersionUID = 1L;

  NewLogException(String reason) {
    super(
        "the server's log is not the one that this agent has followed ("
            + reason
            + "); no worker was removed. Check the server's data directory, then start the agent"
            + " with --on-new-log keep or --on-new-log follow");
  }
}
