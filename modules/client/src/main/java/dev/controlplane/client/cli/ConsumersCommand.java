package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.cli.terminal.Table;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "consumers",
    description = "Lists the consumers that the grpc-server knows.",
    subcommands = ForgetCommand.class,
    footer = {"", "Examples:", "  cpctl consumers", "  cpctl consumers forget edge-17"})
final class ConsumersCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  Cpctl cpctl() {
    return cpctl;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ControlPlaneClient client = cpctl.client()) {
      if (cpctl.json()) {
        cpctl.print(Paging.json("consumers", client::consumers, Json::of));
        return ExitCode.OK;
      }
      Table table =
          new Table(
              cpctl.out(),
              "CONSUMER",
              "CONNECTED",
              "STREAMS",
              "LAST REVISION",
              "LAST SEEN",
              "ENDPOINT");
      boolean any =
          Paging.table(
              table,
              client::consumers,
              consumer ->
                  table.row(
                      consumer.consumerId(),
                      consumer.connected() ? "yes" : "no",
                      String.valueOf(consumer.streams()),
                      String.valueOf(consumer.lastRevision()),
                      cpctl.time(consumer.lastSeen()),
                      consumer.endpoint()));
      if (!any) {
        cpctl.note("no consumer has subscribed or registered yet");
      }
      return ExitCode.OK;
    }
  }
}
