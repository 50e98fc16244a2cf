package dev.controlplane.client.cli;

import dev.controlplane.client.Admission;
import dev.controlplane.client.AgentEvent;
import dev.controlplane.client.AgentSettings;
import dev.controlplane.client.CommandAdmission;
import dev.controlplane.client.ControlPlaneClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "agent",
    description = {
      "Keeps the latest version of every worker on disk and active, until it is interrupted.",
      "",
      "DIR/{worker}/current is a link that always names a whole, verified version. It is switched"
          + " in one step when a version is published or rolled back to, and goes when the worker"
          + " is deleted. A version that --exec rejects, or that can't be had, leaves the last good"
          + " one active. What became of each version is reported: see cpctl status.",
      "",
      "An agent that was stopped or killed goes on where it was; without any server it verifies"
          + " what is active and leaves it in place. Each agent needs a DIR of its own;"
          + " DIR/.cpctl-agent is where it keeps its notes."
    })
final class AgentCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--id",
      required = true,
      paramLabel = "ID",
      description = "Who receives: the consumer's name.")
  private String id;

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "DIR",
      description = "Where the versions go: DIR/{worker}/versions/{version}.")
  private Path directory;

  @Mixin private WorkerNames workers;

  @Option(
      names = "--exec",
      paramLabel = "CMD",
      description =
          "Run sh -c CMD before each switch, with CPCTL_WORKER, CPCTL_VERSION and CPCTL_FILE in its"
              + " environment. Another exit code than 0 rejects the version.")
  private String command;

  @Option(
      names = "--exec-timeout",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description = "What CMD may take, such as 90s; then the version is rejected. Default: 60s.")
  private Duration limit = Duration.ofSeconds(60);

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "How many versions of a worker stay on disk, the active one included. Default: "
              + AgentSettings.KEEP
              + ".")
  private int keep = AgentSettings.KEEP;

  @Mixin private Silence silence;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (keep < 1) {
      throw new UsageException("--keep is " + keep + "; it takes a number from 1 on");
    }
    if (limit.isZero()) {
      throw new UsageException("--exec-timeout is zero; it takes a time such as 90s");
    }
    AgentSettings settings =
        new AgentSettings(id, directory, workers.given(), keep, silence.limit());
    Admission admission =
        command == null
            ? Admission.ALL
            : new CommandAdmission(
                command,
                limit,
                (candidate, line) ->
                    cpctl
                        .session()
                        .err()
                        .println(
                            Text.line(
                                "[%s %s] %s"
                                    .formatted(candidate.worker(), candidate.version(), line))));
    try (ControlPlaneClient client = cpctl.client()) {
      client.agent(settings, admission, this::tell).run();
      return ExitCode.OK;
    }
  }

  private void tell(AgentEvent event) {
    String word = event.kind().name().toLowerCase(Locale.ROOT);
    if (cpctl.json()) {
      cpctl.print(
          Json.object()
              .put("event", word)
              .put("worker_name", Json.orNull(event.worker()))
              .put("version", Json.orNull(event.version()))
              .put("revision", event.revision() == 0 ? null : event.revision())
              .put("code", Json.orNull(event.code()))
              .put("message", Json.orNull(event.message())));
      return;
    }
    cpctl.print(
        new Fields(word)
            .with("worker", event.worker())
            .with("version", event.version())
            .with("revision", event.revision() == 0 ? "" : String.valueOf(event.revision()))
            .with("code", event.code())
            .with("message", event.message())
            .toString());
  }
}
