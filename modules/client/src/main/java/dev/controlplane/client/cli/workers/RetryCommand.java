package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.StatusFilter;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "retry",
    customSynopsis = "cpctl retry [OPTIONS] NAME VERSION",
    description = {
      "Has consumers that rejected a worker's latest version try it once more.",
      "",
      "Use it after the reason of the rejection was mended, such as a hook that failed. VERSION"
          + " must be the worker's latest. Consumers that use the version already only acknowledge"
          + " it. Consumers that are not connected try it when they come back."
    },
    exitCodeList = {ExitCode.HELP_NOT_FOUND, "5:Conflict: the version is not the latest."},
    footer = {
      "",
      "Examples:",
      "  cpctl retry greeter.js 1.1.0",
      "  cpctl retry greeter.js 1.1.0 --consumer edge-17"
    })
public final class RetryCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Mixin private WorkerVersion arguments;

  @Option(names = "--consumer", paramLabel = "ID", description = "Only this consumer.")
  private String consumer;

  @Override
  public Integer call() throws IOException, InterruptedException {
    String version = arguments.version("retry");
    String name = arguments.name();
    Change change;
    try (ControlPlaneClient client = cpctl.client()) {
      if (consumer != null) {
        requireKnown(client);
      }
      change = client.retry(name, version, consumer);
    }
    if (cpctl.json()) {
      cpctl.print(Json.of(name, version, change));
    } else {
      cpctl.print(
          "%s %s is tried again by %s, revision %d"
              .formatted(
                  name,
                  version,
                  consumer == null ? "consumers that rejected it" : consumer,
                  change.revision()));
    }
    return ExitCode.OK;
  }

  /** Asks grpc-server, because upload-server, which takes the retry, does not know consumers. */
  private void requireKnown(ControlPlaneClient client) throws IOException, InterruptedException {
    try {
      client.statusOfConsumer(consumer, StatusFilter.ALL, 1, null);
    } catch (RefusedException e) {
      if (e.reason() == RefusedException.Reason.NOT_FOUND) {
        throw e;
      }
      cpctl.note("it is not certain that there is such a consumer: " + e.getMessage());
    } catch (ControlPlaneException e) {
      cpctl.note("it is not certain that there is such a consumer: " + e.getMessage());
    }
  }
}
