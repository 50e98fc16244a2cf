package dev.controlplane.transport.http1;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends connections that exceeded their {@link TimeLimits}. A virtual thread checks all connections
 * every 250 ms; it runs only while there are any.
 */
final class ConnectionWatch {
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(250);

  private final Set<TimeLimits> connections = ConcurrentHashMap.newKeySet();
  private boolean running;

  synchronized void watch(TimeLimits connection) {
    connections.add(connection);
    if (!running) {
      running = true;
      Thread.ofVirtual()
          .name("connection-watch")
          .inheritInheritableThreadLocals(false)
          .start(this::run);
    }
  }

  void forget(TimeLimits connection) {
    connections.remove(connection);
  }

  private void run() {
    do {
      LockSupport.parkNanos(this, TICK);
      long now = System.nanoTime();
      for (TimeLimits connection : connections) {
        try {
          connection.endIfLate(now);
        } catch (RuntimeException | Error e) {
          System.getLogger(ConnectionWatch.class.getName())
              .log(System.Logger.Level.ERROR, "Ending a late connection failed", e);
        }
      }
    } while (!over());
  }

  private synchronized boolean over() {
    running = !connections.isEmpty();
    return !running;
  }
}
