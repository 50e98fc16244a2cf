package dev.controlplane.client.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.arguments.TimeSpan;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Style;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "doctor",
    description = {
      "Checks that the servers can be reached, fit this cpctl, are up with their storage, have the"
          + " same time as this machine, and that a subscription over gRPC works.",
      "",
      "Each line begins with ok, warn or fail and says what to do. The exit code is 1 if a line"
          + " says fail, otherwise 0. The subscription is of a consumer cpctl-doctor-..., which is"
          + " forgotten afterwards."
    },
    exitCodeList = {"0:No line says fail.", "1:A line says fail.", "3:"},
    footer = {"", "Examples:", "  cpctl doctor", "  cpctl doctor --publish --json"})
public final class DoctorCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(100);

  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--publish",
      description =
          "Also publish a version of a worker cpctl-doctor-..., wait until an agent in this process"
              + " has it active and the servers know that, and delete the worker. Agents that take"
              + " all workers pass over it; subscribe and watch show it.")
  private boolean publish;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description = "How long the subscription and --publish may take. Default: 30s.")
  private Duration limit = Duration.ofSeconds(30);

  private final List<Finding> findings = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (limit.isZero()) {
      throw new UsageException("--timeout is zero; it takes a time such as 30s");
    }
    // Unique, because others may check the same servers at the same time.
    String name = AgentSettings.PROBE_PREFIX + UUID.randomUUID();
    try (ControlPlaneClient client = cpctl.client()) {
      ServerChecks servers = new ServerChecks(client, cpctl.release(), this::tell);
      boolean all = true;
      for (Server server : List.of(Server.UPLOAD, Server.CONSUMER, Server.GRPC_HTTP)) {
        all &= servers.look(server);
      }
      Finding stream = new StreamCheck(client, name, limit).look();
      tell(stream);
      if (publish && all && stream.result() == Finding.Result.OK) {
        publish(client, name);
      }
      if (stream.result() == Finding.Result.OK) {
        forget(client, name);
      }
    }
    boolean failed = findings.stream().anyMatch(one -> one.result() == Finding.Result.FAIL);
    if (cpctl.json()) {
      cpctl.print(json(failed));
    }
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private void publish(ControlPlaneClient client, String name)
      throws IOException, InterruptedException {
    try {
      tell(new PublishCheck(client, name, limit).look());
    } catch (ControlPlaneException e) {
      tell(
          Finding.fail(
              "publish to active",
              e.getMessage(),
              "look at the log of " + e.server() + "; the worker " + name + " may be left"));
    }
  }

  /** The server may take a moment to see that the stream is closed. */
  private void forget(ControlPlaneClient client, String name)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        client.forgetConsumer(name);
        return;
      } catch (RefusedException e) {
        if (e.reason() != RefusedException.Reason.CONFLICT || System.nanoTime() > end) {
          tell(notForgotten(name, e));
          return;
        }
      } catch (ControlPlaneException e) {
        tell(notForgotten(name, e));
        return;
      }
      Thread.sleep(LOOK);
    }
  }

  private static Finding notForgotten(String name, ControlPlaneException why) {
    return Finding.warn(
        "cleaning up", why.getMessage(), "type later: cpctl consumers forget " + name);
  }

  private void tell(Finding finding) {
    findings.add(finding);
    if (cpctl.json()) {
      return;
    }
    Style style =
        switch (finding.result()) {
          case OK -> Style.GREEN;
          case WARN -> Style.YELLOW;
          case FAIL -> Style.RED;
        };
    String word = finding.result().name().toLowerCase(Locale.ROOT);
    String advice = finding.advice().isEmpty() ? "" : ". To do: " + finding.advice();
    // A server that can't be reached is named by the message, too.
    boolean named = finding.message().startsWith(finding.check() + " ");
    String line = (named ? "" : finding.check() + ": ") + finding.message() + advice;
    try {
      String padding = " ".repeat("warn".length() - word.length() + 2);
      cpctl.out().print(cpctl.out().styled(style, word) + padding + Text.line(line) + "\n");
    } catch (OutputException e) {
      // The output remembers the failure, and the command ends with it.
      return;
    }
  }

  private ObjectNode json(boolean failed) {
    ObjectNode answer = Json.object().put("healthy", !failed);
    ArrayNode checks = answer.putArray("checks");
    for (Finding finding : findings) {
      checks.add(
          Json.object()
              .put("result", finding.result().name().toLowerCase(Locale.ROOT))
              .put("check", finding.check())
              .put("message", finding.message())
              .put("advice", Json.orNull(finding.advice())));
    }
    return answer;
  }
}
