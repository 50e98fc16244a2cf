package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.GarbageCollection;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "gc",
    description = {
      "Removes the stored files that no version needs.",
      "",
      "upload-server does this by itself every BLOB_GC_INTERVAL. Uploads go on meanwhile."
    },
    footer = {"", "Examples:", "  cpctl gc --dry-run"})
final class GcCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Option(names = "--dry-run", description = "Remove nothing; only report.")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException, InterruptedException {
    GarbageCollection collected;
    try (ControlPlaneClient client = cpctl.client()) {
      collected = client.collectGarbage(dryRun);
    }
    if (cpctl.json()) {
      ObjectNode answer =
          Json.object()
              .put("dry_run", collected.dryRun())
              .put("examined", collected.examined())
              .put("removed", collected.removed())
              .put("bytes", collected.bytes());
      collected.digests().forEach(answer.putArray("digests")::add);
      cpctl.print(answer);
      return ExitCode.OK;
    }
    cpctl.print(
        "%s of %d %s, %s"
            .formatted(
                Text.count(collected.removed(), "file"),
                collected.examined(),
                collected.dryRun() ? "would go" : "removed",
                Text.size(collected.bytes())));
    return ExitCode.OK;
  }
}
