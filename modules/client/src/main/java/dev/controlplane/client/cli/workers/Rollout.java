package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.StatusFilter;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Paging;
import dev.controlplane.client.cli.Recurrence;
import dev.controlplane.client.cli.arguments.TimeSpan;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Waits until consumers run a version. */
final class Rollout {
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Pattern SHARE = Pattern.compile("(\\d{1,9})(%?)");

  /** The states of consumers that never report, so that nobody can wait for them. */
  private static final Set<String> SILENT = Set.of("delivered", "behind");

  /** The codes of rejections that an agent retries by itself. */
  private static final Set<String> FOR_NOW = Set.of("disk", "digest");

  @Option(
      names = "--wait-active",
      paramLabel = "N%|N",
      description =
          "Wait until N consumers, or N per cent of those that want the worker, have reported the"
              + " version active. Exit code 7 if they have not within --timeout, if too many have"
              + " rejected it, or if another version became the latest.")
  private String share;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description = "How long --wait-active waits, such as 90s or 5m. Default: 5m.")
  private Duration timeout;

  /** How many consumers of a worker are in which state. */
  private record Count(int all, int active, int rejected, boolean superseded, String why) {}

  boolean isAsked() {
    return share != null;
  }

  /** Rejects combinations of options that make no sense. */
  void check() {
    if (share == null && timeout != null) {
      throw new UsageException("--timeout goes with --wait-active");
    }
    if (share != null) {
      needed(0);
    }
  }

  /** Returns how many of the consumers are enough. */
  private int needed(int all) {
    Matcher matcher = SHARE.matcher(share);
    if (matcher.matches()) {
      int number = Integer.parseInt(matcher.group(1));
      boolean percent = !matcher.group(2).isEmpty();
      if (number > 0 && !percent) {
        return number;
      }
      if (number > 0 && number <= 100) {
        // No consumer wants the worker.
        return Math.max(1, (int) Math.ceilDiv((long) number * all, 100L));
      }
    }
    throw new UsageException(
        "--wait-active is \""
            + share
            + "\"; it takes a percentage such as 95%, or a number from 1 on");
  }

  /** Waits and returns the exit code. Progress and result go to standard error. */
  int await(Cpctl cpctl, ControlPlaneClient client, String worker, String version)
      throws IOException, InterruptedException {
    Duration limit = timeout == null ? Duration.ofMinutes(5) : timeout;
    long end = System.nanoTime() + limit.toNanos();
    Recurrence problems = new Recurrence(cpctl::note);
    Count count = new Count(0, 0, 0, false, "");
    while (true) {
      try {
        count = count(client, worker, version);
        problems.over();
        int needed = needed(count.all());
        if (count.active() >= needed) {
          cpctl.note(told(count, version) + ", enough");
          return ExitCode.OK;
        }
        if (count.superseded()) {
          cpctl.note(told(count, version) + ": another version became the latest");
          return ExitCode.NOT_ACTIVE;
        }
        if (share.endsWith("%")
            && count.rejected() > 0
            && count.all() - count.rejected() < needed) {
          cpctl.note(told(count, version) + ": too many have rejected it: " + count.why());
          return ExitCode.NOT_ACTIVE;
        }
      } catch (UnreachableException e) {
        problems.tell(e.getMessage() + "; trying again");
      } catch (RefusedException e) {
        if (e.reason() != RefusedException.Reason.UNAVAILABLE
            && e.reason() != RefusedException.Reason.NOT_FOUND) {
          throw e;
        }
        // grpc-server may not know the worker yet.
        problems.tell(e.getMessage() + "; trying again");
      }
      if (System.nanoTime() >= end) {
        cpctl.note(
            "%s after %d s: not enough; cpctl status --worker %s shows who lags"
                .formatted(told(count, version), limit.toSeconds(), worker));
        return ExitCode.NOT_ACTIVE;
      }
      Thread.sleep(LOOK);
    }
  }

  private static String told(Count count, String version) {
    return "%d of %s run version %s%s"
        .formatted(
            count.active(),
            Text.count(count.all(), "consumer"),
            version,
            count.rejected() == 0 ? "" : ", " + count.rejected() + " rejected it");
  }

  private static Count count(ControlPlaneClient client, String worker, String version)
      throws IOException, InterruptedException {
    int all = 0;
    int active = 0;
    int rejected = 0;
    boolean superseded = false;
    String why = "";
    String after = null;
    do {
      Page<ConsumerStatus> page =
          client.statusOfWorker(worker, StatusFilter.ALL, Paging.LIMIT, after);
      for (ConsumerStatus row : page.items()) {
        if (SILENT.contains(row.state())) {
          continue;
        }
        all++;
        superseded |= !row.desired().equals(version);
        if (row.active().equals(version)) {
          active++;
        } else if (row.rejected().equals(version) && !FOR_NOW.contains(row.code())) {
          rejected++;
          why = "%s %s".formatted(row.code(), row.message()).strip();
        }
      }
      after = page.next();
    } while (after != null);
    return new Count(all, active, rejected, superseded, why);
  }
}
