package dev.controlplane.client.cli.follow;

import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Style;
import dev.controlplane.client.cli.terminal.Text;
import dev.controlplane.client.stream.Update;
import java.time.Instant;

/** Writes an update as a line: time, revision, what happened to which version, size. */
final class UpdateLine {
  private static final int LONGEST_VERB = "rolled back".length();

  private final Cpctl cpctl;

  UpdateLine(Cpctl cpctl) {
    this.cpctl = cpctl;
  }

  /** Writes an update that arrived on a stream. */
  void print(Update update, String more) throws OutputException {
    String verb =
        switch (update.kind()) {
          case PUBLISHED -> "published";
          case ROLLED_BACK -> "rolled back";
          case RETRIED -> "retried";
          case DELETED -> "deleted";
          case UNKNOWN -> "changed";
        };
    String version = update.worker() + " " + update.version();
    print(update.committedAt(), update.revision(), verb, version, update.size(), more);
  }

  /** Writes an update of the log. */
  void print(LoggedUpdate update) throws OutputException {
    String verb = update.kind().replace('_', ' ');
    String version = update.worker() + " " + update.version();
    String more = update.consumerId().isEmpty() ? "" : "for " + update.consumerId();
    if (verb.equals("deleted")) {
      more = update.latest().isEmpty() ? "the worker is gone" : "latest: " + update.latest();
    }
    print(update.committedAt(), update.revision(), verb, version, update.size(), more);
  }

  private void print(
      Instant time, long revision, String verb, String version, long size, String more)
      throws OutputException {
    Style style =
        switch (verb) {
          case "published" -> Style.GREEN;
          case "deleted" -> Style.RED;
          default -> Style.YELLOW;
        };
    String word = Text.line(verb);
    String padding = " ".repeat(Math.max(0, LONGEST_VERB - word.length()));
    cpctl
        .out()
        .print(
            "%s  revision %d  %s%s  %s  %s%s\n"
                .formatted(
                    cpctl.time(time),
                    revision,
                    cpctl.out().styled(style, word),
                    padding,
                    Text.line(version),
                    Text.size(size),
                    more.isEmpty() ? "" : "  " + Text.line(more)));
  }
}
