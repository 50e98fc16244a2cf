package dev.controlplane.server;

import java.time.Duration;

/** Logs when a health check begins to fail and when it succeeds again. */
final class Watch {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final String what;
  private final Runnable check;
  private final EventLog log;
  private boolean failing;

  private Watch(String what, Runnable check, EventLog log) {
    this.what = what;
    this.check = check;
    this.log = log;
  }

  /**
   * Runs the check once before returning, then every second until the returned thread is closed.
   */
  static Vital start(String what, Runnable check, EventLog log) {
    Watch watch = new Watch(what, check, log);
    watch.look();
    return Vital.start(
        "watch-" + what,
        Duration.ZERO,
        log,
        self -> {
          while (self.pause(INTERVAL)) {
            watch.look();
          }
        });
  }

  private void look() {
    try {
      check.run();
      if (failing) {
        log.info("available", "what", what);
      }
      failing = false;
    } catch (RuntimeException e) {
      if (!failing && !Thread.currentThread().isInterrupted()) {
        log.warn("unavailable", "what", what, "reason", e.getMessage());
      }
      failing = true;
    }
  }
}
