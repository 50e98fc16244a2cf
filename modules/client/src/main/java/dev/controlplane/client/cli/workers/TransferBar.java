package dev.controlplane.client.cli.workers;

import dev.controlplane.client.Progress;
import dev.controlplane.client.cli.Session;
import dev.controlplane.client.cli.terminal.Terminal;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows the progress of a long transfer as a bar on standard error, if that is a terminal that can
 * draw one.
 */
final class TransferBar implements Progress, AutoCloseable {
  private static final long PATIENCE = Duration.ofMillis(700).toNanos();
  private static final int MEBI = 1024 * 1024;
  private static final int DEFAULT_WIDTH = 80;

  private final String title;
  private final PrintStream err;
  private final int width;
  private final boolean plain;
  private final Terminal terminal;
  private final long start = System.nanoTime();
  private boolean decided;
  private ProgressBar bar;

  TransferBar(String title, Session session) {
    this.title = title;
    this.err = session.err();
    this.width = width(session.environment());
    this.terminal = session.terminal();
    this.plain = Terminal.isPlain(session.environment());
  }

  private static int width(Map<String, String> environment) {
    try {
      return Math.clamp(Long.parseLong(environment.getOrDefault("COLUMNS", "")), 40, 160);
    } catch (NumberFormatException e) {
      return DEFAULT_WIDTH;
    }
  }

  @Override
  public synchronized void at(long done, long total) {
    if (!decided && System.nanoTime() - start > PATIENCE) {
      decided = true;
      // The transfer is nearly over: show no bar.
      boolean much = total < 0 || done < total / 10 * 9;
      if (much && !plain && terminal.is(Terminal.STDERR)) {
        bar = show(total);
      }
    }
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  private ProgressBar show(long total) {
    return new ProgressBarBuilder()
        .setTaskName(title)
        .setInitialMax(total)
        .setUnit(" MiB", MEBI)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(200)
        .showSpeed()
        .setConsumer(new DelegatingProgressBarConsumer(this::draw, width - 1))
        .build();
  }

  private void draw(String line) {
    err.print("\r" + line);
    err.flush();
  }

  /** Removes the bar, so that the next output starts on an empty line. */
  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      draw(" ".repeat(width - 1) + "\r");
    }
  }
}
