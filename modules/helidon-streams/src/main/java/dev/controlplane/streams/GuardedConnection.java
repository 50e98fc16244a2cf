package dev.controlplane.streams;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.spi.ServerConnection;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * A connection that tells its streams when it ends, and that does not count as idle while it has
 * any.
 *
 * <p>Helidon 4.5.0 ({@code ConnectionHandler.run}, {@code Http2Connection}) tells nobody of a
 * connection that is lost: the handlers of its streams wait for ever. And it ends a connection on
 * which nothing has come in for five minutes, however many streams are open on it.
 */
final class GuardedConnection implements ServerConnection, InterruptableTask<Void> {
  /**
   * For the last frames, a GOAWAY among them: Helidon closes the socket as soon as the connection
   * ends.
   */
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  /**
   * A socket that takes nothing for so long will not take the last frames either, in nanoseconds.
   */
  private static final long STUCK = 100_000_000;

  private final ServerConnection http2;
  private final InboundFrames frames;
  private final ConnectionOutput output;
  private final Watchdog watchdog;

  GuardedConnection(
      ServerConnection http2, InboundFrames frames, ConnectionOutput output, Watchdog watchdog) {
    this.http2 = http2;
    this.frames = frames;
    this.output = output;
    this.watchdog = watchdog;
  }

  InboundFrames frames() {
    return frames;
  }

  ConnectionOutput output() {
    return output;
  }

  /** Gives up on a peer. */
  void abandon(String why) {
    output.close(why);
    // The thread of the connection reads from the closed socket, or waits for a handler to take its
    // message.
    http2.close(true);
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    watchdog.watch(this);
    try {
      http2.handle(limit);
      output.drain(LAST_WORDS);
    } finally {
      watchdog.forget(this);
      output.close("the connection ended");
    }
  }

  @Override
  @Deprecated(forRemoval = true)
  @SuppressWarnings("removal")
  public void handle(Semaphore requestSemaphore) throws InterruptedException {
    throw new UnsupportedOperationException("Helidon calls handle(Limit)");
  }

  @Override
  public Duration idleTime() {
    return output.openStreams() > 0 ? Duration.ZERO : http2.idleTime();
  }

  /**
   * The server stops, or the connection has been idle: says GOAWAY, and lets what is written get
   * out.
   *
   * <p>Helidon 4.5.0 closes a connection without streams by interrupting its thread, which closes
   * the socket under the last answers, and says nothing.
   */
  @Override
  public void close(boolean interrupt) {
    if (output.writingFor(System.nanoTime()) < STUCK) {
      try {
        output.sayGoAway();
        output.drain(LAST_WORDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    http2.close(interrupt);
  }

  @Override
  public boolean canInterrupt() {
    return http2 instanceof InterruptableTask<?> task && task.canInterrupt();
  }
}
