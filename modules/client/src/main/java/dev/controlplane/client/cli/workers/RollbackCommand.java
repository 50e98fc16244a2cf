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
    name = "rollback",
    description = {
      "Makes an earlier version the latest again, and tells every subscriber.",
      "",
      "Nothing changes where it is the latest already."
    },
    footer = {"", "Examples:", "  cpctl rollback greeter.js 1.0.0"})
public final class RollbackCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(index = "0", paramLabel = "NAME", description = "The worker.")
  private String name;

  @Parameters(index = "1", paramLabel = "VERSION", description = "The version.")
  private String version;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Change change;
    try (ControlPlaneClient client = cpctl.client()) {
      change = client.rollback(name, version);
    }
    if (cpctl.json()) {
      cpctl.print(Json.of(name, version, change));
    } else {
      cpctl.print(
          "%s %s is the latest%s, revision %d"
              .formatted(name, version, change.changed() ? "" : " already", change.revision()));
    }
    return ExitCode.OK;
  }
}
