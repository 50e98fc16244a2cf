package dev.controlplane.catalog;

import java.util.List;

/**
 * Updates of the log and the state of that same log, read together: every update is of the log that
 * {@code log} names, and none is above its head.
 *
 * @param log which log it is, and how far it went when the updates were read
 * @param updates in order, without a gap
 */
public record LogPage(LogState log, List<Update> updates) {
  /** Copies the updates. */
  public LogPage {
    updates = List.copyOf(updates);
  }
}
