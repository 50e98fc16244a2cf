package dev.controlplane.client.cli.follow;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Silence;
import dev.controlplane.client.cli.WorkerNames;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Text;
import dev.controlplane.client.stream.Subscription;
import dev.controlplane.client.stream.SubscriptionListener;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "watch",
    description = {
      "Prints the latest version of every worker and then each update, until it is interrupted.",
      "",
      "The line \"synced\" separates the two. If the connection breaks, it connects again and"
          + " resumes where it was. If the server cannot resume from there, a line \"resync\" says"
          + " so and the latest versions come again."
    },
    footer = {"", "Examples:", "  cpctl watch --worker greeter.js"})
public final class WatchCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Mixin private WorkerNames workers;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "The consumer's name. Default: cpctl-watch.")
  private String id = "cpctl-watch";

  @Mixin private Silence silence;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ControlPlaneClient client = cpctl.client()) {
      client.subscribe(
          new Subscription(id, workers.given()).withSnapshot().silence(silence.limit()),
          new Watcher());
      return ExitCode.OK;
    }
  }

  private final class Watcher implements SubscriptionListener {
    @Override
    public boolean onUpdate(Update update) throws OutputException {
      if (cpctl.json()) {
        cpctl.print(Json.of(update));
      } else {
        cpctl.print(Text.line(update));
      }
      return true;
    }

    @Override
    public void onSynced(long revision) throws OutputException {
      if (cpctl.json()) {
        cpctl.print(Json.object().put("kind", "SYNCED").put("revision", revision));
      } else {
        cpctl.print("synced  revision " + revision);
      }
    }

    @Override
    public void onResync(String reason) throws OutputException {
      if (cpctl.json()) {
        cpctl.print(Json.object().put("kind", "RESYNC").put("message", reason));
      } else {
        cpctl.print("resync  " + reason);
      }
    }

    @Override
    public void onDisconnected(String reason, Duration retryIn) {
      cpctl.note(Reconnection.line(cpctl, reason, retryIn));
    }
  }
}
