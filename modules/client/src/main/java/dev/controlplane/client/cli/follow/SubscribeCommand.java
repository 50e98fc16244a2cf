package dev.controlplane.client.cli.follow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.arguments.Silence;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.arguments.WorkerNames;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.stream.Subscription;
import dev.controlplane.client.stream.SubscriptionListener;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "subscribe",
    description = {
      "Prints the updates from now on, one line each, until it is interrupted.",
      "",
      "If the connection breaks, it connects again and resumes where it was: no update is missed,"
          + " and none comes twice. If the server cannot resume from there (its log was compacted,"
          + " or is another one), standard error says so, and the latest version of every worker"
          + " comes first. See also: cpctl watch, which begins with these, and cpctl agent.",
      "",
      "--save DIR writes each published version, and each version that was rolled back to, to"
          + " DIR/{worker}/{version}, complete and verified or not at all. It REMOVES the file of a"
          + " deleted version, unless --keep-deleted is given, and the directory of a worker"
          + " without files. Large versions are downloaded from consumer-server; while that is"
          + " down, it waits."
    },
    exitCodeList = ExitCode.HELP_DAMAGED,
    footer = {
      "",
      "Examples:",
      "  cpctl subscribe --id me --save received",
      "  cpctl subscribe --id me --worker greeter.js --count 1 --json"
    })
public final class SubscribeCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--id",
      required = true,
      paramLabel = "ID",
      description = "Who receives: the consumer's name.")
  private String id;

  @Mixin private WorkerNames workers;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Write versions to DIR/{worker}/{version}.")
  private Path save;

  @Option(
      names = "--keep-deleted",
      description = "With --save: keep the files of deleted versions.")
  private boolean keepDeleted;

  @Mixin private Silence silence;

  @Mixin private FirstContact contact;

  @Option(names = "--count", paramLabel = "N", description = "Exit after N updates.")
  private Long count;

  @Option(
      names = {"-q", "--quiet"},
      description = "Write nothing about the connection.")
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
      Subscription subscription = new Subscription(id, workers.given()).silence(silence.limit());
      contact.await(cpctl, () -> client.subscribe(subscription, new Follower(saver)));
      return ExitCode.OK;
    }
  }

  private final class Follower implements SubscriptionListener {
    private final Saver saver;
    private long received;
    private boolean subscribed;
    private boolean positioned;

    Follower(Saver saver) {
      this.saver = saver;
    }

    @Override
    public void onSubscribed() {
      if (subscribed && !positioned) {
        cpctl.note(
            "the connection broke before the server had told a position: what was published"
                + " meanwhile is missed");
      }
      subscribed = true;
      boolean again = contact.opened();
      tell(
          (again ? "connected: " : "")
              + "subscribed to %s at %s as %s"
                  .formatted(
                      workers.given().isEmpty()
                          ? "all workers"
                          : String.join(", ", workers.given()),
                      cpctl.endpoints().grpc(),
                      id));
    }

    @Override
    public void onPosition(String resumeToken) {
      positioned = true;
    }

    @Override
    public void onResync(String reason) {
      cpctl.note(
          "the server can't go on from where the connection broke (%s): the latest versions follow"
              .formatted(reason));
    }

    @Override
    public void onSynced(long revision) {
      tell("these were the latest versions, as of revision " + revision);
    }

    @Override
    public void onDisconnected(String reason, Duration retryIn) {
      tell(contact.broke(cpctl, reason, retryIn));
    }

    @Override
    public boolean onUpdate(Update update) throws IOException, InterruptedException {
      Saver.Result result = saver == null ? null : saver.save(update);
      print(update, result);
      received++;
      return count == null || received < count;
    }

    private void print(Update update, Saver.Result result) throws OutputException {
      if (cpctl.json()) {
        ObjectNode object = Json.of(update);
        if (result != null) {
          object.put("saved", result.file() == null ? null : result.file().toString());
        }
        cpctl.print(object);
        return;
      }
      new UpdateLine(cpctl).print(update, result == null ? "" : result.words());
    }

    private void tell(String line) {
      if (!quiet) {
        cpctl.note(line);
      }
    }
  }
}
