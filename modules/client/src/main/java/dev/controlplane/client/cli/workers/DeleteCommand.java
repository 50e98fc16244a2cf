package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "delete",
    description = {
      "Deletes a version. Every subscriber receives the update.",
      "",
      "If it was the latest, the newest version that is left becomes the latest. Deleting the last"
          + " version removes the worker. The version's name stays used until the log no longer has"
          + " the deletion: the same bytes bring the version back, other bytes are a conflict."
    },
    footer = {"", "Examples:", "  cpctl delete greeter.js 1.0.0"})
public final class DeleteCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(index = "0", paramLabel = "NAME", description = "The worker.")
  private String name;

  @Parameters(index = "1", paramLabel = "VERSION", description = "The version.")
  private String version;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Change change;
    try (ControlPlaneClient client = cpctl.client()) {
      change = client.delete(name, version);
    }
    if (cpctl.json()) {
      cpctl.print(Json.of(name, version, change));
    } else {
      cpctl.print("%s %s deleted, revision %d".formatted(name, version, change.revision()));
    }
    return ExitCode.OK;
  }
}
