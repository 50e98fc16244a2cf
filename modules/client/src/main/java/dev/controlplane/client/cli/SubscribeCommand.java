package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Server;
import dev.controlplane.client.Subscription;
import dev.controlplane.client.SubscriptionListener;
import dev.controlplane.client.Update;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "subscribe",
    description = {
      "Follows the updates, one line each, until it is interrupted; connects again by itself.",
      "",
      "Updates that are published while there is no connection are not sent later. Where that can"
          + " be told (no --worker), stderr says which revisions were missed.",
      "",
      "--save DIR keeps DIR as the updates say: a published version, or one that was rolled back"
          + " to, is written to DIR/{worker}/{version}, whole and verified or not at all; the file"
          + " of a deleted version is REMOVED (see --keep-deleted), with a worker's last file its"
          + " directory. Large versions are fetched from the consumer-server, and waited for while"
          + " it is down."
    })
final class SubscribeCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--id",
      required = true,
      paramLabel = "ID",
      description = "Who receives: the consumer's name.")
  private String id;

  @Option(
      names = "--worker",
      arity = "1..*",
      paramLabel = "N",
      description = "Only these workers; may be repeated. Default: all.")
  private List<String> workers = new ArrayList<>();

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Write versions to DIR/{worker}/{version}.")
  private Path save;

  @Option(
      names = "--keep-deleted",
      description = "With --save: leave the files of deleted versions.")
  private boolean keepDeleted;

  @Option(names = "--count", paramLabel = "N", description = "Exit after N updates.")
  private Long count;

  @Option(
      names = {"-q", "--quiet"},
      description = "Write nothing on stderr about the connection.")
  private boolean quiet;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (count != null && count < 1) {
      throw new UsageException("--count is " + count + "; it takes a number from 1 on");
    }
    if (keepDeleted && save == null) {
      throw new UsageException("--keep-deleted goes with --save DIR");
    }
    try (ControlPlaneClient client = cpctl.client()) {
      Saver saver =
          save == null ? null : new Saver(client.directory(save), keepDeleted, cpctl::note);
      client.subscribe(new Subscription(id, workers), new Follower(saver));
      return ExitCode.OK;
    }
  }

  private final class Follower implements SubscriptionListener {
    private final Saver saver;
    private long received;
    private long lastRevision;
    private boolean reconnected;

    Follower(Saver saver) {
      this.saver = saver;
    }

    @Override
    public void onSubscribed() {
      reconnected = received > 0;
      tell(
          "subscribed to %s at %s as %s"
              .formatted(
                  workers.isEmpty() ? "all workers" : String.join(", ", workers),
                  cpctl.endpoints().grpc(),
                  id));
    }

    @Override
    public void onDisconnected(String reason, Duration retryIn) {
      tell(
          "%s at %s: %s; trying again in %.1f s (%s sets the address)"
              .formatted(
                  Server.GRPC,
                  cpctl.endpoints().grpc(),
                  reason,
                  retryIn.toMillis() / 1000.0,
                  Address.GRPC));
    }

    @Override
    public boolean onUpdate(Update update) throws IOException, InterruptedException {
      if (reconnected && workers.isEmpty() && update.revision() > lastRevision + 1) {
        cpctl.note(
            "missed while disconnected: revisions %d to %d"
                .formatted(lastRevision + 1, update.revision() - 1));
      }
      reconnected = false;
      lastRevision = update.revision();
      Saver.Result result = saver == null ? null : saver.save(update);
      print(update, result);
      received++;
      return (count == null || received < count) && !cpctl.session().out().checkError();
    }

    private void print(Update update, Saver.Result result) {
      if (cpctl.json()) {
        ObjectNode object = Json.of(update);
        if (result != null) {
          object.put("saved", result.file() == null ? null : result.file().toString());
        }
        cpctl.print(object);
        return;
      }
      StringBuilder line = new StringBuilder();
      line.append(update.committedAt())
          .append("  revision ")
          .append(update.revision())
          .append("  ")
          .append(verb(update.kind()))
          .append("  ")
          .append(update.worker())
          .append(' ')
          .append(update.version())
          .append("  ")
          .append(Text.size(update.size()));
      if (result != null) {
        line.append("  ").append(result.words());
      }
      cpctl.print(line.toString());
    }

    private void tell(String line) {
      if (!quiet) {
        cpctl.note(line);
      }
    }

    private static String verb(Update.Kind kind) {
      return switch (kind) {
        case PUBLISHED -> "published  ";
        case ROLLED_BACK -> "rolled back";
        case DELETED -> "deleted    ";
        case UNKNOWN -> "changed    ";
      };
    }
  }
}
