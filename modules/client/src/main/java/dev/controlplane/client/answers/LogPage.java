package dev.controlplane.client.answers;

import java.util.List;

/**
 * A part of the update log.
 *
 * @param updates in its order
 * @param next the revision to ask after for the part that follows; -1 at the end
 * @param head the newest revision
 * @param compacted updates up to this one are not kept any more
 */
public record LogPage(List<LoggedUpdate> updates, long next, long head, long compacted) {
  /** Copies the updates. */
  public LogPage {
    updates = List.copyOf(updates);
  }
}
