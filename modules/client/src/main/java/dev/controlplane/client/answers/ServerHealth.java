package dev.controlplane.client.answers;

import java.time.Instant;
import java.util.List;

/**
 * How a server fares, by its own checks.
 *
 * @param up whether all of them are up
 * @param down those that are not, each with the server's reason
 * @param clock the server's time when it answered, in whole seconds; null where it does not say
 */
public record ServerHealth(boolean up, List<String> down, Instant clock) {
  /** Copies the list. */
  public ServerHealth {
    down = List.copyOf(down);
  }
}
