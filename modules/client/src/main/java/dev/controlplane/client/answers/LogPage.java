package dev.controlplane.client.answers;

import java.util.List;

/**
 * A part of the update log.
 *
 * @param updates in the order of the log
 * @param next the revision after which the next part starts; -1 at the end
 * @param head the newest revision
 * @param compacted updates up to this revision may be missing
 */
public record LogPage(List<LoggedUpdate> updates, long next, long head, long compacted) {
  public LogPage {
    updates = List.copyOf(updates);
  }
}
