package dev.controlplane.client.cli.follow;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.answers.LogPage;
import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Recurrence;
import dev.controlplane.client.cli.arguments.TimeSpan;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.OutputException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "events",
    description = {
      "Lists the updates of the log, oldest first.",
      "",
      "--since 0 lists all that the log has. --since REVISION lists the updates after that"
          + " revision; if they were compacted away, that is an error. --since TIME, such as 90s,"
          + " 15m, 1h or 7d, lists the updates of that time until now. If --since 0 or --since TIME"
          + " begins where a compacted log begins, standard error says so.",
      "",
      "--follow goes on while servers and proxies fail, and reports that on standard error. If the"
          + " server's log went back or is another one, as after a restore, standard error says so,"
          + " and the updates that were committed since the last listed one follow."
    },
    footer = {
      "",
      "Examples:",
      "  cpctl events --since 0",
      "  cpctl events --since 1h --worker greeter.js --follow"
    })
public final class EventsCommand implements Callable<Integer> {
  private static final Pattern REVISION = Pattern.compile("\\d{1,18}");

  /** How often {@code --follow} reads the end of the log. */
  private static final Duration POLL = Duration.ofSeconds(1);

  /** A read is cheap, so a failed one is repeated soon, however long it has failed. */
  private static final RetryPolicy RETRY = new RetryPolicy(POLL, Duration.ofSeconds(2), 0);

  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--since",
      required = true,
      paramLabel = "REVISION|TIME",
      description = "Where to begin; required.")
  private String since;

  @Option(names = "--worker", paramLabel = "N", description = "Only this worker.")
  private String worker;

  @Option(names = "--follow", description = "Go on with new updates until it is interrupted.")
  private boolean follow;

  private boolean listed;

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean isRevision = REVISION.matcher(since).matches();
    long revision = isRevision ? Long.parseLong(since) : 0;
    // Revision 0 stands for the beginning of the log, even after a compaction.
    Instant start = isRevision ? Instant.MIN : Instant.now().minus(age());
    try (ControlPlaneClient client = cpctl.client()) {
      boolean left = true;
      long after = revision;
      if (revision == 0) {
        after = LogReader.revisionAt(client, start);
        LogPage begin = client.updates(after, 1, null);
        if (after > 0 && after == begin.compacted()) {
          left = begin.head() > after;
          cpctl.note(isRevision ? compacted(begin) : compactedSince(left));
        }
      }
      LogReader log = new LogReader(client, worker, after, this::print, cpctl::note);
      readFirst(client, log);
      if (follow) {
        follow(log);
      } else if (!listed && left) {
        cpctl.note(
            "no update%s since %s"
                .formatted(worker == null ? "" : " of a worker named " + worker, since));
      }
      return ExitCode.OK;
    }
  }

  /** Reads the log for the first time; explains why that fails if it begins after the revision. */
  private void readFirst(ControlPlaneClient client, LogReader log)
      throws IOException, InterruptedException {
    try {
      log.read();
    } catch (RefusedException e) {
      if (!e.isCompacted()) {
        throw e;
      }
      long oldest = LogReader.revisionAt(client, Instant.MIN);
      throw new RefusedException(
          e.server(),
          e.reason(),
          e.code(),
          "--since %s: %s. --since 0 lists all that is left"
              .formatted(since, compacted(client.updates(oldest, 1, null))));
    }
  }

  /** Says which updates the log no longer has, and what there is instead. */
  private static String compacted(LogPage page) {
    return "the updates up to revision %d were compacted away; %s; cpctl list shows the latest versions"
        .formatted(
            page.compacted(),
            page.head() > page.compacted()
                ? "the oldest that is left is revision " + (page.compacted() + 1)
                : "none is left");
  }

  /** The log does not say of what time the updates were that it no longer has. */
  private String compactedSince(boolean left) {
    return (left
                ? "updates since %s may be missing before the oldest that is left: the log was"
                    + " compacted"
                : "no update since %s is left: the log was compacted")
            .formatted(since)
        + "; cpctl list shows the latest versions";
  }

  /** Reads until the process is interrupted. Failures of servers and proxies may pass. */
  private void follow(LogReader log) throws IOException, InterruptedException {
    Recurrence problems = new Recurrence(cpctl::note);
    int failures = 0;
    while (true) {
      Thread.sleep(failures == 0 ? POLL : RETRY.delay(failures));
      try {
        log.read();
        failures = 0;
        problems.over();
      } catch (RefusedException e) {
        if (e.reason() == RefusedException.Reason.INVALID) {
          throw e;
        }
        failures++;
        problems.tell(e.getMessage() + "; trying again");
      } catch (ControlPlaneException e) {
        failures++;
        problems.tell(e.getMessage() + "; trying again");
      }
    }
  }

  private Duration age() {
    try {
      return new TimeSpan().convert(since);
    } catch (TypeConversionException e) {
      throw new UsageException("--since: " + e.getMessage() + ", and not a revision");
    }
  }

  private void print(LoggedUpdate update) throws OutputException {
    listed = true;
    if (cpctl.json()) {
      cpctl.print(Json.of(update));
      return;
    }
    new UpdateLine(cpctl).print(update);
  }
}
