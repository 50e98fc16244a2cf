package dev.controlplane.client.cli.agent;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.agent.AgentEvent;
import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.agent.NewLog;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.admission.CommandAdmission;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.arguments.Silence;
import dev.controlplane.client.cli.arguments.TimeSpan;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.arguments.WorkerNames;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "agent",
    customSynopsis = {
      "cpctl agent --id=ID --dir=DIR [OPTIONS]",
      "       cpctl agent --dir=DIR --status [--max-staleness=TIME]",
      "       cpctl agent --dir=DIR --confirm-deletions"
    },
    description = {
      "Keeps the latest version of every worker on disk and active, until it is interrupted.",
      "",
      "DIR/{worker}/current is a link that always names a complete, verified version. The agent"
          + " switches it in one step when a version is published or rolled back to, and removes it"
          + " when the worker is deleted. If --exec rejects a version, or it cannot be downloaded,"
          + " the last good one stays active. The agent reports each step: see cpctl status.",
      "",
      "An agent that was stopped or killed continues where it was. Without any server it verifies"
          + " what is active and leaves it in place. Each agent needs a DIR of its own. It keeps"
          + " its notes in DIR/.cpctl-agent.",
      "",
      "The agent withholds deletions if the server's log is not the one followed so far"
          + " (--on-new-log), or if one snapshot would delete too much (--max-delete). cpctl agent"
          + " --dir DIR --status lists them, cpctl agent --dir DIR --confirm-deletions carries them"
          + " out."
    },
    footer = {
      "",
      "Examples:",
      "  cpctl agent --id edge-17 --dir workers",
      "  cpctl agent --dir workers --status --max-staleness 5m"
    })
public final class AgentCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "The consumer's name. Required, except with --status or --confirm-deletions.")
  private String id;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the versions go: DIR/{worker}/versions/{version}. Required.")
  private Path directory;

  @Mixin private WorkerNames workers;

  @Option(
      names = "--exec",
      paramLabel = "CMD",
      description =
          "Run sh -c CMD before each switch, with CPCTL_WORKER, CPCTL_VERSION and CPCTL_FILE in its"
              + " environment. An exit code other than 0 rejects the version. If CMD cannot be run"
              + " (126, 127), takes too long or is ended by a signal, the agent runs it up to 8"
              + " times, with growing pauses, before it rejects the version.")
  private String command;

  @Option(
      names = "--exec-timeout",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description = "How long CMD may take, such as 90s. Then it is ended. Default: 60s.")
  private Duration limit = Duration.ofSeconds(60);

  @Option(
      names = "--retry-rejected",
      description = "At the start, try once more the versions that this agent has rejected.")
  private boolean retryRejected;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "Versions of a worker that stay on disk, the active one included. Default: "
              + AgentSettings.KEEP
              + ".")
  private int keep = AgentSettings.KEEP;

  @Mixin private Silence silence;

  @Option(
      names = "--on-new-log",
      paramLabel = "keep|follow|stop",
      converter = NewLogOption.class,
      description =
          "What to do if the server's log is not the one followed so far, as after a restore."
              + " keep: apply new and changed versions, and withhold deletions. follow: delete what"
              + " the new log does not have; also carries out what keep has withheld. stop: delete"
              + " nothing and exit with code 1. Default: keep.")
  private NewLog newLog = NewLog.KEEP;

  @Option(
      names = "--max-delete",
      paramLabel = "PERCENT",
      description =
          "Withhold the deletions of a snapshot that would delete more than this percentage of the"
              + " active workers, and more than 3. 100: never. Default: "
              + AgentSettings.MAX_DELETE
              + ".")
  private String maxDelete = String.valueOf(AgentSettings.MAX_DELETE);

  @Option(
      names = "--status",
      description =
          "Show the state of the agent of DIR, whether it runs or not: connection, position, age of"
              + " the last message, active versions, withheld deletions, rejected versions.")
  private boolean status;

  @Option(
      names = "--max-staleness",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description =
          "With --status: exit with code 1 if no agent runs, or if the server has sent nothing for"
              + " so long. A server without updates sends a message every BOOKMARK_INTERVAL.")
  private Duration maxStaleness;

  @Option(
      names = "--confirm-deletions",
      description =
          "Carry out the deletions that the agent of DIR withholds now: a running agent does it"
              + " within a few seconds, otherwise the next one does.")
  private boolean confirm;

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireOptions();
    if (confirm) {
      return new AgentStatusReport(cpctl).confirm(directory);
    }
    if (status) {
      return new AgentStatusReport(cpctl).show(directory, maxStaleness);
    }
    if (keep < 1) {
      throw new UsageException("--keep is " + keep + "; it takes a number from 1 on");
    }
    if (limit.isZero()) {
      throw new UsageException("--exec-timeout is zero; it takes a time such as 90s");
    }
    AgentSettings settings =
        new AgentSettings(id, directory, workers.given(), keep, silence.limit())
            .onNewLog(newLog)
            .maxDelete(percent())
            .retryRejected(retryRejected);
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
    try (OrphanReaper _ = OrphanReaper.start();
        ControlPlaneClient client = cpctl.client()) {
      client.agent(settings, admission, this::tell).run();
      return ExitCode.OK;
    }
  }

  private void requireOptions() {
    List<String> missing = new ArrayList<>();
    if (id == null && !confirm && !status) {
      missing.add("--id=ID");
    }
    if (directory == null) {
      missing.add("--dir=DIR");
    }
    if (!missing.isEmpty()) {
      throw new UsageException("cpctl agent needs " + String.join(" and ", missing));
    }
  }

  private int percent() {
    Matcher number = Pattern.compile("(\\d{1,3})%?").matcher(maxDelete);
    if (!number.matches() || Integer.parseInt(number.group(1)) > 100) {
      throw new UsageException(
          "--max-delete is \"" + maxDelete + "\"; it takes a percentage from 0 to 100");
    }
    return Integer.parseInt(number.group(1));
  }

  /** The option's words for {@link NewLog}. */
  static final class NewLogOption implements ITypeConverter<NewLog> {
    @Override
    public NewLog convert(String text) {
      return switch (text) {
        case "keep" -> NewLog.KEEP;
        case "follow" -> NewLog.FOLLOW;
        case "stop" -> NewLog.STOP;
        default ->
            throw new TypeConversionException("\"" + text + "\" is not keep, follow or stop");
      };
    }
  }

  /** The agent goes on if its events can't be written, because its work is on disk. */
  private void tell(AgentEvent event) {
    try {
      print(event);
    } catch (OutputException e) {
      cpctl.out().forgive();
    }
  }

  private void print(AgentEvent event) throws OutputException {
    String word = event.kind().name().toLowerCase(Locale.ROOT);
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    if (cpctl.json()) {
      cpctl.print(
          Json.object()
              .put("time", now.toString())
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
            .with(Text.isExitCode(event.code()) ? "exit_code" : "code", event.code())
            .with("message", event.message())
            .with("time", cpctl.time(now))
            .toString());
  }
}
