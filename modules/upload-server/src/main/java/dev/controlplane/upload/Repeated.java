package dev.controlplane.upload;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import java.time.Duration;

/**
 * Runs work repeatedly on a thread of its own. A failed round is logged, and the next one runs as
 * usual. The process ends if the thread itself fails.
 */
final class Repeated {
  /** The longest time that a round may take before the health check fails. */
  private static final Duration MAX_ROUND = Duration.ofMinutes(15);

  private Repeated() {}

  /**
   * Starts the thread, with a health check. The server stops it at shutdown, if necessary in the
   * middle of a round.
   *
   * @param name of the thread and its health check, and the prefix of its log events
   * @param interval the pause before each round, including the first
   */
  static void start(ServerSetup setup, String name, Duration interval, Runnable work) {
    EventLog log = setup.log();
    Vital thread =
        setup.resource(
            () ->
                Vital.start(
                    name,
                    interval.plus(MAX_ROUND),
                    log,
                    self -> run(self, name, interval, work, log)));
    setup.check(name, thread::check);
  }

  private static void run(Vital self, String name, Duration interval, Runnable work, EventLog log)
      throws InterruptedException {
    boolean failing = false;
    while (self.pause(interval)) {
      try {
        work.run();
        failing = false;
      } catch (CatalogException e) {
        if (!failing && !self.isClosing()) {
          log.warn(name + "-failed", "reason", e.getMessage());
        }
        failing = true;
      } catch (RuntimeException e) {
        log.error(name + "-failed", e);
      }
    }
  }
}
