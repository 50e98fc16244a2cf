package dev.controlplane.upload;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import java.time.Duration;

/**
 * Work that a thread of its own does again and again. A round that fails is logged and the next one
 * comes all the same; the process ends if the thread can't go on.
 */
final class Repeated {
  /** The longest time that a round may take before the health check fails. */
  private static final Duration MAX_ROUND = Duration.ofMinutes(15);

  private Repeated() {}

  /**
   * Starts; the server ends it, in the middle of a round if need be, and checks it.
   *
   * @param name of the thread, of its health check, and of what failed
   * @param interval between two rounds, also before the first
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
