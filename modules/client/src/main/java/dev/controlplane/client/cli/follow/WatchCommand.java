package dev.controlplane.client.cli.follow;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Server;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.arguments.Silence;
import dev.controlplane.client.cli.arguments.WorkerNames;
import dev.controlplane.client.cli.terminal.OutputException;
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
    footer = {"", "Examples:", "  cpctl watch", "  cpctl watch --worker greeter.js --timeout 30s"})
public final class WatchCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Mixin private WorkerNames workers;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "The consumer's name. Default: cpctl-watch.")
  private String id = "cpctl-watch";

  @Mixin private Silence silence;

  @Mixin private FirstContact contact;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Subscription subscription =
        new Subscription(id, workers.given()).withSnapshot().silence(silence.limit());
    try (ControlPlaneClient client = cpctl.client()) {
      contact.await(cpctl, () -> client.subscribe(subscription, new Watcher()));
      return ExitCode.OK;
    }
  }

  private final class Watcher implements SubscriptionListener {
    @Override
    public void onSubscribed() {
      if (contact.opened()) {
        cpctl.note("connected to %s at %s".formatted(Server.GRPC, cpctl.endpoints().grpc()));
      }
    }

    @Override
    public boolean onUpdate(Update update) throws OutputException {
      if (cpctl.json()) {
        cpctl.print(Json.of(update));
      } else {
        new UpdateLine(cpctl).print(update, "");
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
      cpctl.note(contact.broke(cpctl, reason, retryIn));
    }
  }
}
