package dev.controlplane.client.cli;

import dev.controlplane.client.answers.ConsumerStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many consumers run a worker's latest version, and what keeps the others from it. */
final class WorkerSummary {
  private final String worker;
  private String latest = "";
  private int active;
  private int rejected;
  private int lagging;
  private int silent;

  private WorkerSummary(String worker) {
    this.worker = worker;
  }

  /** One of each worker, in the order of their names. */
  static Collection<WorkerSummary> of(Paging.Source<ConsumerStatus> rows)
      throws IOException, InterruptedException {
    SortedMap<String, WorkerSummary> all = new TreeMap<>();
    Paging.each(rows, row -> all.computeIfAbsent(row.worker(), WorkerSummary::new).count(row));
    return all.values();
  }

  private void count(ConsumerStatus row) {
    latest = row.desired();
    if (!row.rejected().isEmpty() && row.rejected().equals(row.desired())) {
      rejected++;
    } else if (row.active().isEmpty() && row.acknowledged().isEmpty()) {
      silent++;
    } else if (row.active().equals(row.desired())) {
      active++;
    } else {
      lagging++;
    }
  }

  /** Such as {@code greeter.js 1.1.0: 498 of 500 active, 1 rejected, 1 lagging}. */
  String line() {
    List<String> parts = new ArrayList<>();
    parts.add("%d of %d active".formatted(active, active + rejected + lagging));
    add(parts, rejected, "rejected");
    add(parts, lagging, "lagging");
    add(parts, silent, "silent");
    String version = latest.isEmpty() ? "(deleted)" : latest;
    return "%s %s: %s".formatted(worker, version, String.join(", ", parts));
  }

  private static void add(List<String> parts, int count, String what) {
    if (count > 0) {
      parts.add(count + " " + what);
    }
  }
}
