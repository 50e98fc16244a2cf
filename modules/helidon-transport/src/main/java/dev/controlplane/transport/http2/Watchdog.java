package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds the peers that are gone without a word: the cable is out, the machine asleep, the process
 * stopped, or the client reads nothing from its socket.
 *
 * <p>Helidon 4.5.0 sends no PING ("we do not send pings for now", {@code
 * Http2Connection.pingFrame}) and sets no limit to a write: the streams of such a peer stay for as
 * long as the kernel believes in it, two hours by default, and for ever if it still answers for a
 * process that does not.
 *
 * <p>After half the keepalive without a byte a PING goes out; after the whole of it the connection
 * is closed, even under a write. A peer that talks but takes nothing from its socket for the stall
 * limit is closed too; the sender of a stream of which it took nothing is woken. One virtual thread
 * looks after the connections of a listener, for as long as there are any.
 */
final class Watchdog {
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);

  private final long keepalive;
  private final long stallLimit;
  private final long headTimeout;
  private final long tick;

  /** The connections, and when each was last sent a PING. */
  private final Map<GuardedConnection, Long> connections = new ConcurrentHashMap<>();

  private boolean running;

  Watchdog(Duration keepalive, Duration stallLimit, Duration headTimeout) {
    this.keepalive = keepalive.toNanos();
    this.stallLimit = stallLimit.toNanos();
    this.headTimeout = headTimeout.toNanos();
    this.tick =
        Math.clamp(
            Math.min(Math.min(this.keepalive, this.stallLimit), this.headTimeout) / 20,
            SHORTEST_TICK,
            LONGEST_TICK);
  }

  synchronized void watch(GuardedConnection connection) {
    connections.put(connection, 0L);
    if (!running) {
      running = true;
      Thread.ofVirtual()
          .name("HTTP/2 keepalive")
          .inheritInheritableThreadLocals(false)
          .start(this::run);
    }
  }

  void forget(GuardedConnection connection) {
    connections.remove(connection);
  }

  private void run() {
    do {
      LockSupport.parkNanos(this, tick);
      connections.replaceAll(this::lookSafely);
    } while (!over());
  }

  private synchronized boolean over() {
    running = !connections.isEmpty();
    return !running;
  }

  /** What fails for one connection must not leave the others without a watchdog. */
  private long lookSafely(GuardedConnection connection, long pinged) {
    try {
      return look(connection, pinged);
    } catch (RuntimeException | Error e) {
      System.getLogger(Watchdog.class.getName())
          .log(System.Logger.Level.ERROR, "Looking after a connection failed", e);
      return pinged;
    }
  }

  private long look(GuardedConnection connection, long pinged) {
    long now = System.nanoTime();
    long silent = connection.reader().silentFor(now);
    if (connection.reader().overdue(now)) {
      connection.abandon("the client was sent away");
    } else if (connection.reader().unfinishedFor(now) >= headTimeout) {
      connection.abandon("no whole preface or header block within " + seconds(headTimeout));
    } else if (silent >= keepalive - tick) {
      connection.abandon("the peer answered nothing for " + seconds(keepalive));
    } else if (connection.output().writingFor(now) >= stallLimit) {
      connection.abandon("the peer read nothing for " + seconds(stallLimit));
    } else if (silent >= keepalive / 2 && now - pinged >= silent) {
      connection.output().control(Frames.ping(now));
      return now;
    } else {
      connection.output().sender().wakeStalled(now);
    }
    return pinged;
  }

  private static String seconds(long nanos) {
    return Duration.ofNanos(nanos).toMillis() / 1000.0 + " s";
  }
}
