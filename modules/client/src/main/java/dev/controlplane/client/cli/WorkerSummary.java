package dev.controlplane.client.cli;

import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many consumers run a worker's latest version, and in which states the others are. */
final class WorkerSummary {
  /** The state of one consumer and worker; the names are those of {@link ConsumerStatus#state}. */
  private enum State {
    ACTIVE,
    REJECTED,
    LAGGING,
    DELIVERED,
    BEHIND,
    /** It reports nothing, and the server is too old to know what it delivered. */
    SILENT,
    /** The worker was deleted, and the consumer was sent that. */
    DELETION_SENT,
    /** The worker was deleted, and the consumer was not sent that yet. */
    DELETION_PENDING
  }

  private final String worker;
  private String latest = "";
  private int consumers;
  private final Map<State, Integer> counts = new EnumMap<>(State.class);

  private WorkerSummary(String worker) {
    this.worker = worker;
  }

  /** Returns one summary for each worker, sorted by name. */
  static Collection<WorkerSummary> of(Paging.Source<ConsumerStatus> rows)
      throws IOException, InterruptedException {
    SortedMap<String, WorkerSummary> all = new TreeMap<>();
    Paging.each(rows, row -> all.computeIfAbsent(row.worker(), WorkerSummary::new).count(row));
    return all.values();
  }

  private void count(ConsumerStatus row) {
    latest = row.desired();
    consumers++;
    counts.merge(state(row), 1, Integer::sum);
  }

  private static State state(ConsumerStatus row) {
    if (row.isDeletionSent()) {
      return State.DELETION_SENT;
    }
    if (row.isDeletionPending()) {
      return State.DELETION_PENDING;
    }
    return switch (row.state()) {
      case "active" -> State.ACTIVE;
      case "rejected" -> State.REJECTED;
      case "lagging" -> State.LAGGING;
      case "delivered" -> State.DELIVERED;
      case "behind" -> State.BEHIND;
      default -> reported(row);
    };
  }

  /** Derives the state from the versions that a consumer reported. */
  private static State reported(ConsumerStatus row) {
    if (!row.rejected().isEmpty() && row.rejected().equals(row.desired())) {
      return State.REJECTED;
    }
    if (row.active().isEmpty() && row.acknowledged().isEmpty()) {
      return State.SILENT;
    }
    return row.active().equals(row.desired()) ? State.ACTIVE : State.LAGGING;
  }

  private int count(State state) {
    return counts.getOrDefault(state, 0);
  }

  /**
   * The line for people, such as {@code greeter.js 1.1.0: 498 of 500 active, 1 rejected, 1 lagging,
   * 2 delivered}. Only consumers that report count as active or not.
   */
  String line() {
    int sent = count(State.DELETION_SENT);
    int pending = count(State.DELETION_PENDING);
    if (sent + pending > 0) {
      return "%s is deleted: deletion sent to %d of %s%s"
          .formatted(
              worker,
              sent,
              Text.count(sent + pending, "consumer"),
              pending == 0 ? "" : ", %d may still have it".formatted(pending));
    }
    if (latest.isEmpty()) {
      return "%s has no version yet: %s waiting"
          .formatted(worker, Text.count(consumers, "consumer"));
    }
    int reporting = count(State.ACTIVE) + count(State.REJECTED) + count(State.LAGGING);
    List<String> parts = new ArrayList<>();
    if (reporting > 0) {
      parts.add("%d of %d active".formatted(count(State.ACTIVE), reporting));
    }
    for (State state : EnumSet.complementOf(EnumSet.of(State.ACTIVE))) {
      if (count(state) > 0) {
        parts.add(count(state) + " " + state.name().toLowerCase(Locale.ROOT));
      }
    }
    return "%s %s: %s".formatted(worker, latest, String.join(", ", parts));
  }
}
