package dev.controlplane.client.cli.workers;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.answers.WorkerVersions;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Paging;
import dev.controlplane.client.cli.terminal.Table;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "versions",
    description = "Lists a worker's versions, newest first; * marks the latest.",
    exitCodeList = ExitCode.HELP_NOT_FOUND,
    footer = {"", "Examples:", "  cpctl versions greeter.js --json"})
public final class VersionsCommand implements Callable<Integer> {
  /** The number of digits of a SHA-256 that the table shows. */
  private static final int SHORT_DIGEST = 13;

  @ParentCommand private Cpctl cpctl;

  @Parameters(paramLabel = "NAME", description = "The worker.")
  private String name;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ControlPlaneClient client = cpctl.client()) {
      return cpctl.json() ? printJson(client) : printTable(client);
    }
  }

  private int printTable(ControlPlaneClient client) throws IOException, InterruptedException {
    Table table =
        new Table(cpctl.out(), " ", "VERSION", "SIZE", "UPLOADED", "SHA256")
            .shorten("SHA256", SHORT_DIGEST);
    String after = null;
    do {
      WorkerVersions versions = client.versions(name, Paging.LIMIT, after);
      for (VersionInfo info : versions.page().items()) {
        table.row(
            info.version().equals(versions.latest()) ? "*" : " ",
            info.version(),
            Text.size(info.size()),
            cpctl.time(info.uploadedAt()),
            info.checksum());
      }
      table.flush();
      after = versions.page().next();
    } while (after != null);
    return ExitCode.OK;
  }

  private int printJson(ControlPlaneClient client) throws IOException, InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode list = null;
    String after = null;
    do {
      WorkerVersions versions = client.versions(name, Paging.LIMIT, after);
      if (list == null) {
        answer.put("filename", versions.worker()).put("latest", versions.latest());
        list = answer.putArray("versions");
      }
      for (VersionInfo info : versions.page().items()) {
        list.add(Json.of(info));
      }
      after = versions.page().next();
    } while (after != null);
    cpctl.print(answer);
    return ExitCode.OK;
  }
}
