package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.Compaction;
import dev.controlplane.client.cli.arguments.UsageException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "compact",
    description = {
      "Removes the updates up to a revision from the log.",
      "",
      "upload-server does this by itself: LOG_RETENTION_AGE, LOG_RETENTION_COUNT. No worker and"
          + " no version goes. A consumer that was away since before then receives the latest"
          + " versions instead of the updates."
    },
    footer = {"", "Examples:", "  cpctl compact 1"})
final class CompactCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(paramLabel = "REVISION", description = "The newest update to remove.")
  private long revision;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (revision < 0) {
      throw new UsageException("the revision is negative; it takes a number from 0 on");
    }
    Compaction compaction;
    try (ControlPlaneClient client = cpctl.client()) {
      compaction = client.compact(revision);
    }
    if (cpctl.json()) {
      cpctl.print(
          Json.object()
              .put("removed", compaction.removed())
              .put("compacted", compaction.compacted())
              .put("head", compaction.head()));
    } else {
      cpctl.print(
          "updates up to revision %d are removed: the log %s"
              .formatted(
                  compaction.compacted(),
                  compaction.compacted() < compaction.head()
                      ? "has revisions %d to %d"
                          .formatted(compaction.compacted() + 1, compaction.head())
                      : "begins with the next update"));
    }
    return ExitCode.OK;
  }
}
