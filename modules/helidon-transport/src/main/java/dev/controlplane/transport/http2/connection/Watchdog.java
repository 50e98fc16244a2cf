package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes connections whose peer is silently gone: cable pulled, machine asleep, process stopped, or
 * a client that no longer reads from its socket.
 *
 * <ul>
 *   <li>After half of the keepalive time without a byte from the peer, it sends a PING. After the
 *       whole time it closes the connection, even during a write.
 *   <li>It closes a connection whose socket accepted nothing for the stall limit, although the peer
 *       sends.
 *   <li>It wakes a sender whose stream made no progress for the stall limit.
 *   <li>It closes a connection whose preface or header block is incomplete for the head timeout.
 * </ul>
 *
 * <p>Helidon 4.5.0 sends no PING ("we do not send pings for now", {@code
 * Http2Connection.pingFrame}) and has no limit for a write. The streams of such a peer would stay
 * as long as the kernel keeps the connection: two hours by default, and for ever if the peer's
 * kernel still answers for a stopped process.
 *
 * <p>One virtual thread watches the connections of a listener; it runs only while there are any.
 */
final class Watchdog {
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);

  private final long keepalive;
  private final long stallLimit;
  private final long headTimeout;
  private final long tick;

  /** The connections, and the {@link System#nanoTime} of the last PING sent on each. */
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

  /** Checks one connection. An exception must not leave the other connections unwatched. */
  private long lookSafely(GuardedConnection connection, long pinged) {
    try {
      return look(connection, pinged);
    } catch (RuntimeException | Error e) {
      System.getLogger(Watchdog.class.getName())
          .log(System.Logger.Level.ERROR, "Checking a connection's health failed", e);
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
