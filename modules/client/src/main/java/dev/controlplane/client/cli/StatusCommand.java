package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.StatusFilter;
import dev.controlplane.client.cli.terminal.Table;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "status",
    description = {
      "Shows how many consumers run each worker's latest version.",
      "",
      "A line looks like this:",
      "  greeter.js 1.1.0: 498 of 500 active, 1 rejected, 1 lagging",
      "",
      "With an option, other than --json, it shows one line for each consumer and worker. DESIRED"
          + " is the worker's latest version, ACKNOWLEDGED the version that the consumer received"
          + " last, ACTIVE the version that it uses. LAG is the number of updates of the worker"
          + " that the consumer lacks, and for how long DESIRED has been the latest.",
      "",
      "A consumer that reports, such as an agent, is active, lagging or rejected. Of a consumer"
          + " that never reports, such as subscribe and watch, the server knows what it sent: the"
          + " consumer is delivered if it was sent the latest version, otherwise behind.",
      "",
      "Of a worker that was deleted it shows how many consumers were sent the deletion, of those"
          + " that reported about it or subscribed to it by name; the others may still have it."
          + " With an option STATE is \"deletion sent\" or \"deletion pending\". An agent that"
          + " withholds a deletion was sent it: cpctl agent --status on its machine shows that."
    },
    exitCodeList = ExitCode.HELP_NOT_FOUND,
    footer = {
      "",
      "Examples:",
      "  cpctl status",
      "  cpctl status --lagging",
      "  cpctl status --worker greeter.js"
    })
final class StatusCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @ArgGroup private Scope scope;

  /** At most one of the two. */
  static final class Scope {
    @Option(names = "--worker", paramLabel = "N", description = "Only this worker.")
    private String worker;

    @Option(names = "--consumer", paramLabel = "ID", description = "Only this consumer.")
    private String consumer;
  }

  @Option(names = "--lagging", description = "Only lines where LAG is not 0.")
  private boolean lagging;

  @Option(names = "--rejected", description = "Only lines where DESIRED was rejected.")
  private boolean rejected;

  @Option(names = "--wide", description = "One line for each consumer and worker.")
  private boolean wide;

  @Override
  public Integer call() throws IOException, InterruptedException {
    StatusFilter filter = new StatusFilter(lagging ? true : null, rejected ? true : null);
    try (ControlPlaneClient client = cpctl.client()) {
      Paging.Source<ConsumerStatus> source = source(client, filter);
      if (cpctl.json()) {
        cpctl.print(Paging.json("rows", source, Json::of));
        return ExitCode.OK;
      }
      if (scope == null && !lagging && !rejected && !wide) {
        Collection<WorkerSummary> workers = WorkerSummary.of(source);
        for (WorkerSummary summary : workers) {
          cpctl.print(summary.line());
        }
        if (workers.isEmpty()) {
          tellOfNone();
        }
        return ExitCode.OK;
      }
      Table table =
          new Table(
              cpctl.out(),
              "CONSUMER",
              "WORKER",
              "DESIRED",
              "ACKNOWLEDGED",
              "ACTIVE",
              "STATE",
              "LAG",
              "LAST SEEN",
              "REJECTED");
      if (!Paging.table(table, source, row -> print(table, row))) {
        tellOfNone();
      }
      return ExitCode.OK;
    }
  }

  private Paging.Source<ConsumerStatus> source(ControlPlaneClient client, StatusFilter filter) {
    if (scope != null && scope.worker != null) {
      return (limit, after) -> client.statusOfWorker(scope.worker, filter, limit, after);
    }
    if (scope != null) {
      return (limit, after) -> client.statusOfConsumer(scope.consumer, filter, limit, after);
    }
    return (limit, after) -> client.status(filter, limit, after);
  }

  private void tellOfNone() {
    cpctl.note(
        !lagging && !rejected
            ? "no consumer has received a version yet"
            : scope != null || (lagging && rejected)
                ? "no consumer and worker match"
                : rejected ? "no consumer rejects a worker's latest version" : "no consumer lags");
  }

  private void print(Table table, ConsumerStatus row) {
    // What a consumer reported about a worker before it was sent its deletion is history.
    boolean gone = row.isDeletionSent();
    table.row(
        row.consumerId(),
        row.worker(),
        row.desired(),
        gone ? "" : row.acknowledged(),
        gone ? "" : row.active(),
        row.deletion().isEmpty() ? row.state() : "deletion " + row.deletion(),
        row.lagRevisions() == 0 ? "0" : row.lagRevisions() + ", " + Text.age(row.lagSeconds()),
        cpctl.time(row.lastSeen()),
        gone ? "" : rejected(row));
  }

  /** The version that the consumer refused, and why, if it said so. */
  private static String rejected(ConsumerStatus row) {
    String why = Text.rejection(row.code(), row.message());
    return row.rejected().isEmpty() || why.isEmpty() ? row.rejected() : row.rejected() + ": " + why;
  }
}
