package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Paging;
import dev.controlplane.client.cli.terminal.Table;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "list",
    description = "Lists the workers with their latest versions, by name.",
    footer = {"", "Examples:", "  cpctl list"})
public final class ListCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ControlPlaneClient client = cpctl.client()) {
      if (cpctl.json()) {
        cpctl.print(Paging.json("files", client::workers, Json::of));
        return ExitCode.OK;
      }
      Table table = new Table(cpctl.out(), "NAME", "LATEST", "SIZE", "UPLOADED");
      boolean any =
          Paging.table(
              table,
              client::workers,
              info ->
                  table.row(
                      info.worker(),
                      info.version(),
                      Text.size(info.size()),
                      cpctl.time(info.uploadedAt())));
      if (!any) {
        cpctl.note("there is no worker yet; cpctl upload publishes one");
      }
      return ExitCode.OK;
    }
  }
}
