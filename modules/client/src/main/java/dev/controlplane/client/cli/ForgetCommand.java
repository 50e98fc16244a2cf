package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "forget",
    description = {
      "Forgets a consumer, with the workers that it wanted and what it reported.",
      "",
      "A consumer with an open stream cannot be forgotten (exit code 5). One that comes back later"
          + " is a new one. Consumers that are not seen for CONSUMER_RETENTION are forgotten"
          + " automatically."
    },
    exitCodeList = {ExitCode.HELP_NOT_FOUND, "5:Conflict: the consumer has an open stream."},
    footer = {"", "Examples:", "  cpctl consumers forget me"})
final class ForgetCommand implements Callable<Integer> {
  @ParentCommand private ConsumersCommand consumers;

  @Parameters(index = "0", paramLabel = "ID", description = "The consumer.")
  private String id;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Cpctl cpctl = consumers.cpctl();
    try (ControlPlaneClient client = cpctl.client()) {
      client.forgetConsumer(id);
    }
    if (!cpctl.json()) {
      cpctl.print("%s forgotten".formatted(id));
    }
    return ExitCode.OK;
  }
}
