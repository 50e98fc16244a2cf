package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.FrameReader;
import dev.controlplane.transport.socket.Leaving;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.spi.ServerConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A connection that tells its streams when it ends, and that does not count as idle while it has
 * any.
 *
 * <p>Helidon 4.5.0 ({@code ConnectionHandler.run}, {@code Http2Connection}) tells nobody of a
 * connection that is lost: the handlers of its streams wait for ever. And it ends a connection on
 * which nothing has come in for five minutes, however many streams are open on it.
 */
final class GuardedConnection implements ServerConnection {
  /**
   * For the last frames, a GOAWAY among them: Helidon closes the socket as soon as the connection
   * ends.
   */
  private static final Duration LAST_WORDS = Duration.ofMillis(200);

  private static final byte[] NOT_HTTP2 = answer();

  private final ServerConnection http2;
  private final DataWriter socket;
  private final FrameReader reader;
  private final ConnectionOutput output;
  private final Watchdog watchdog;
  private final CountDownLatch ended = new CountDownLatch(1);

  GuardedConnection(
      ServerConnection http2,
      DataWriter socket,
      FrameReader reader,
      ConnectionOutput output,
      Watchdog watchdog) {
    this.http2 = http2;
    this.socket = socket;
    this.reader = reader;
    this.output = output;
    this.watchdog = watchdog;
  }

  FrameReader reader() {
    return reader;
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
      if (reader.awaitPreface()) {
        http2.handle(limit);
      } else {
        socket.writeNow(BufferData.create(NOT_HTTP2));
        reader.readOver();
      }
    } catch (RuntimeException e) {
      throw Leaving.asHelidonTakesIt(e);
    } catch (Error e) {
      throw Leaving.logged(e);
    } finally {
      drain();
      watchdog.forget(this);
      output.close("the connection ended");
      ended.countDown();
    }
  }

  private static byte[] answer() {
    String body =
        "{\"error\":\"http2_only\",\"message\":\"this port speaks HTTP/2 only; expected: a"
            + " connection that begins with HTTP/2 (prior knowledge), such as a gRPC client's\"}";
    String head =
        "HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.US_ASCII);
  }

  private void drain() {
    try {
      output.drain(LAST_WORDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
   * The server stops, or the connection has been idle: says GOAWAY, lets what is written get out,
   * and gives the client the time to close.
   *
   * <p>Helidon 4.5.0 closes a connection without streams by interrupting its thread. That closes
   * the socket under the last answers, with the client's own last frames unread: the kernel then
   * resets the connection, and the client loses what it had not read yet. Nor is this an {@code
   * InterruptableTask}: those a stopping server interrupts at once. A connection that has streams
   * is left to its client, or to the end of the server's grace: of those that Helidon does not know
   * it would take no notice.
   */
  @Override
  public void close(boolean interrupt) {
    if (interrupt) {
      http2.close(true);
    } else {
      Thread.ofVirtual().name("HTTP/2 last words").start(this::closeInPeace);
    }
  }

  private void closeInPeace() {
    try {
      output.sayGoAway();
      output.drain(LAST_WORDS);
      if (!ended.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS) && output.openStreams() == 0) {
        http2.close(false);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
