package dev.controlplane.client.cli.follow;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.answers.LogPage;
import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.cli.Paging;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads the update log to its end, again and again, and notices when the log went back or is
 * another one, as after a restore.
 *
 * <p>Implementation note: each reading begins with the update that was read last. If that update is
 * missing or different, the log is another one, and the reader continues with the updates that were
 * committed later than it.
 */
final class LogReader {
  /** Receives each update. */
  @FunctionalInterface
  interface Sink {
    void take(LoggedUpdate update) throws IOException;
  }

  private final ControlPlaneClient client;
  private final String worker;
  private final Sink sink;
  private final Consumer<String> notes;

  private long after;
  private long head;
  private LoggedUpdate last;
  private Instant lastTime = Instant.now();

  /**
   * Creates a reader that begins after a revision.
   *
   * @param worker only updates of this one; null: of all
   * @param notes is told when the log is not the one that was read so far
   */
  LogReader(
      ControlPlaneClient client, String worker, long after, Sink sink, Consumer<String> notes) {
    this.client = client;
    this.worker = worker;
    this.after = after;
    this.sink = sink;
    this.notes = notes;
  }

  /** Reads to the end of the log. */
  void read() throws IOException, InterruptedException {
    if (!isSameLog()) {
      goBack();
    }
    while (true) {
      LogPage page = client.updates(after, Paging.LIMIT, worker);
      for (LoggedUpdate update : page.updates()) {
        sink.take(update);
        last = update;
        lastTime = update.committedAt();
        after = update.revision();
      }
      head = page.head();
      if (page.next() < 0) {
        // The last update of one worker may be long before the end.
        after = Math.max(after, head);
        return;
      }
      after = page.next();
    }
  }

  private boolean isSameLog() throws IOException, InterruptedException {
    if (head == 0) {
      return true;
    }
    boolean lastIsEnd = last != null && last.revision() == after;
    try {
      LogPage page = client.updates(lastIsEnd ? after - 1 : after, 1, worker);
      return page.head() >= head && (!lastIsEnd || page.updates().equals(List.of(last)));
    } catch (RefusedException e) {
      if (!e.isCompacted()) {
        throw e;
      }
      // The update was compacted, so it can't be compared.
      return true;
    }
  }

  private void goBack() throws IOException, InterruptedException {
    long from = revisionAt(client, lastTime.plusNanos(1));
    notes.accept(
        "the server's log is not the one that was listed up to revision %d, as after a restore: its updates since %s follow, from revision %d on"
            .formatted(after, lastTime, from + 1));
    after = from;
    last = null;
    head = 0;
  }

  /** Returns the last revision before a time. Revisions and times grow together. */
  static long revisionAt(ControlPlaneClient client, Instant start)
      throws IOException, InterruptedException {
    long low = 0;
    long high = Long.MAX_VALUE;
    long after = 0;
    // Updates up to low are too old or compacted; those after high are not.
    while (low < high) {
      try {
        LogPage page = client.updates(after, 1, null);
        low = Math.max(low, page.compacted());
        high = Math.min(high, Math.max(page.head(), low));
        if (after > high) {
          // This is after the end of the log: search again between the new bounds.
        } else if (!page.updates().isEmpty()
            && page.updates().getFirst().committedAt().isBefore(start)) {
          low = Math.max(low, after + 1);
        } else {
          high = Math.max(low, Math.min(high, after));
        }
      } catch (RefusedException e) {
        if (!e.isCompacted()) {
          throw e;
        }
        low = after + 1;
      }
      // Double until the end of the log is known.
      after = high == Long.MAX_VALUE ? Math.max(1, 2 * low) : low + (high - low) / 2;
    }
    return low;
  }
}
