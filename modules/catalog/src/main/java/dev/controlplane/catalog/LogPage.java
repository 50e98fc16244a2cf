package dev.controlplane.catalog;

import java.util.List;

/**
 * A part of the log and the state of that log, from one consistent read. All updates belong to this
 * log, and none is above its head.
 *
 * @param log the identity and extent of the log at the time of the read
 * @param updates in order, without a gap
 */
public record LogPage(LogState log, List<Update> updates) {
  public LogPage {
    updates = List.copyOf(updates);
  }
}
