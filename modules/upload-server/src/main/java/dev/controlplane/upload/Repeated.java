package dev.controlplane.upload;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.server.EventLog;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Work that is done again and again, on a thread of its own. */
final class Repeated implements AutoCloseable {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private Repeated(String name, Duration interval, Runnable work, EventLog log) {
    this.thread = Goroutines.start(name, () -> run(name, interval, work, log));
  }

  /**
   * Starts.
   *
   * @param name of the thread, and of what failed
   * @param interval between two times, also before the first
   */
  static Repeated start(String name, Duration interval, Runnable work, EventLog log) {
    return new Repeated(name, interval, work, log);
  }

  private void run(String name, Duration interval, Runnable work, EventLog log) {
    boolean failing = false;
    try {
      while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          work.run();
          failing = false;
        } catch (CatalogException e) {
          if (!failing && closed.getCount() > 0) {
            log.warn(name + "-failed", "reason", e.getMessage());
          }
          failing = true;
        } catch (RuntimeException e) {
          log.error(name + "-failed", e);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /** Stops, in the middle of the work if need be; returns when it has. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
