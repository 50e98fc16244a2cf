package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.answers.WorkerVersions;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Paging;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "rollback",
    description = {
      "Makes an earlier version the latest again, and tells every subscriber.",
      "",
      "Without VERSION it is the version that was uploaded before the latest one. If VERSION is the"
          + " latest already, nothing changes."
    },
    exitCodeList = ExitCode.HELP_NOT_FOUND,
    footer = {"", "Examples:", "  cpctl rollback greeter.js", "  cpctl rollback greeter.js 1.0.0"})
public final class RollbackCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(index = "0", paramLabel = "NAME", description = "The worker.")
  private String name;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VERSION",
      description = "The version. Default: the one before the latest.")
  private String argument;

  @Mixin private VersionOption option;

  @Override
  public Integer call() throws IOException, InterruptedException {
    String version = option.or(argument);
    Change change;
    try (ControlPlaneClient client = cpctl.client()) {
      if (version == null) {
        version = before(client);
      }
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

  /** Returns the version that was uploaded before the latest one. */
  private String before(ControlPlaneClient client) throws IOException, InterruptedException {
    boolean latestSeen = false;
    String after = null;
    do {
      WorkerVersions versions = client.versions(name, Paging.LIMIT, after);
      for (VersionInfo info : versions.page().items()) {
        if (latestSeen) {
          return info.version();
        }
        latestSeen = info.version().equals(versions.latest());
      }
      after = versions.page().next();
    } while (after != null);
    throw new RefusedException(
        Server.UPLOAD,
        RefusedException.Reason.NOT_FOUND,
        "not_found",
        "%s has no version before the latest; cpctl versions %s lists what there is"
            .formatted(name, name));
  }
}
