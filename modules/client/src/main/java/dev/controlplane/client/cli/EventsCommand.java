package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.LogPage;
import dev.controlplane.client.LoggedUpdate;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.UnreachableException;
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
      "Lists what has happened: the updates of the log, the oldest first.",
      "",
      "--since takes a revision, and lists the updates after it (0: all), or a time such as 90s,"
          + " 15m, 1h or 7d, and lists those of so long ago until now. What the log does not keep"
          + " any more can't be listed by its revision; a time begins where the log does."
    })
final class EventsCommand implements Callable<Integer> {
  private static final Pattern REVISION = Pattern.compile("\\d{1,18}");

  /** How often the end of the log is looked at. */
  private static final Duration POLL = Duration.ofSeconds(1);

  @ParentCommand private Cpctl cpctl;

  @Option(
      names = "--since",
      required = true,
      paramLabel = "REVISION|TIME",
      description = "Where to begin.")
  private String since;

  @Option(names = "--worker", paramLabel = "N", description = "Only this worker.")
  private String worker;

  @Option(names = "--follow", description = "Go on with what happens until it is interrupted.")
  private boolean follow;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Duration age = REVISION.matcher(since).matches() ? null : age();
    try (ControlPlaneClient client = cpctl.client()) {
      long after =
          age == null ? Long.parseLong(since) : revisionAt(client, Instant.now().minus(age));
      after = list(client, after);
      int failures = 0;
      while (follow && !cpctl.session().out().checkError()) {
        Thread.sleep(failures == 0 ? POLL : RetryPolicy.DEFAULT.delay(failures));
        try {
          after = list(client, after);
          failures = 0;
        } catch (UnreachableException e) {
          failures++;
          if (failures == 1) {
            cpctl.note(e.getMessage() + "; trying again");
          }
        }
      }
      return ExitCode.OK;
    }
  }

  private Duration age() {
    try {
      return new TimeSpan().convert(since);
    } catch (TypeConversionException e) {
      throw new UsageException("--since: " + e.getMessage() + ", and not a revision");
    }
  }

  /** Lists to the end of the log; the revision to go on after. */
  private long list(ControlPlaneClient client, long from) throws IOException, InterruptedException {
    long after = from;
    while (true) {
      LogPage page = client.updates(after, Paging.LIMIT, worker);
      page.updates().forEach(this::print);
      if (page.next() < 0) {
        // Of one worker the last update may be long before the end.
        return Math.max(after, page.head());
      }
      after = page.next();
    }
  }

  /** The last revision before a time: revisions and times grow together. */
  private static long revisionAt(ControlPlaneClient client, Instant start)
      throws IOException, InterruptedException {
    long low = 0;
    long high = Long.MAX_VALUE;
    long after = 0;
    // Everything up to low is too old, or not kept; nothing after high is.
    while (low < high) {
      try {
        LogPage page = client.updates(after, 1, null);
        low = Math.max(low, page.compacted());
        high = Math.min(high, Math.max(page.head(), low));
        if (after > high) {
          // There is nothing after the end: begin again between what is known now.
        } else if (!page.updates().isEmpty()
            && page.updates().getFirst().committedAt().isBefore(start)) {
          low = Math.max(low, after + 1);
        } else {
          high = Math.max(low, Math.min(high, after));
        }
      } catch (RefusedException e) {
        if (!e.code().equals("compacted")) {
          throw e;
        }
        low = after + 1;
      }
      // Doubling until the end of the log is known.
      after = high == Long.MAX_VALUE ? Math.max(1, 2 * low) : low + (high - low) / 2;
    }
    return low;
  }

  private void print(LoggedUpdate update) {
    if (cpctl.json()) {
      cpctl.print(Json.of(update));
      return;
    }
    String latest =
        update.kind().equals("deleted")
            ? update.latest().isEmpty() ? "  the worker is gone" : "  latest: " + update.latest()
            : "";
    cpctl.print(
        "%s  revision %d  %-11s  %s %s  %s%s"
            .formatted(
                update.committedAt(),
                update.revision(),
                update.kind().replace('_', ' '),
                update.worker(),
                update.version(),
                Text.size(update.size()),
                latest));
  }
}
