package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "info",
    description = "Shows a worker's latest version.",
    exitCodeList = ExitCode.HELP_NOT_FOUND,
    footer = {"", "Examples:", "  cpctl info greeter.js"})
public final class InfoCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(paramLabel = "NAME", description = "The worker.")
  private String name;

  @Override
  public Integer call() throws IOException, InterruptedException {
    VersionInfo info;
    try (ControlPlaneClient client = cpctl.client()) {
      info = client.info(name);
    }
    if (cpctl.json()) {
      cpctl.print(Json.of(info));
      return ExitCode.OK;
    }
    cpctl.print("name      " + info.worker());
    cpctl.print("version   " + info.version());
    cpctl.print(
        info.size() < 1024
            ? "size      " + Text.size(info.size())
            : "size      %s (%d bytes)".formatted(Text.size(info.size()), info.size()));
    cpctl.print("sha256    " + info.checksum());
    cpctl.print("uploaded  " + cpctl.time(info.uploadedAt()));
    cpctl.print("path      " + info.filePath());
    return ExitCode.OK;
  }
}
