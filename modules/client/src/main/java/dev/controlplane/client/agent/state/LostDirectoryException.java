package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.nio.file.Path;

/** Somebody has removed or replaced the directory of an agent that runs. */
public final class LostDirectoryException extends IOException {
  private static final long serialVersionUID = 1L;

  LostDirectoryException(Path directory) {
    super("somebody has removed or replaced " + directory + "; the agent begins anew there");
  }
}
