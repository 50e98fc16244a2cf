package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.frames.FrameReader;
import dev.controlplane.transport.http2.ConnectionOutput;
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
 * One HTTP/2 connection that notifies the handlers of its streams when it ends, and that is not
 * idle while it has streams.
 *
 * <p>Helidon 4.5.0 ({@code ConnectionHandler.run}, {@code Http2Connection}) notifies nobody of a
 * lost connection: its handlers wait for ever. It also closes a connection on which nothing has
 * arrived for five minutes, however many streams are open.
 */
final class GuardedConnection implements ServerConnection {
  /**
   * How long the last frames, such as GOAWAY, may take to be written. Helidon closes the socket as
   * soon as {@link #handle} returns.
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

  /** Closes the connection to a peer that is gone or misbehaves. */
  void abandon(String why) {
    output.close(why);
    // The connection's thread may be reading from the closed socket, or waiting for a handler to
    // take a message: interrupt it.
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
   * Ends the connection because the server stops or the connection was idle: sends GOAWAY, writes
   * what is pending, and gives the client time to close.
   *
   * <p>Helidon 4.5.0 closes a connection without streams by interrupting its thread. That closes
   * the socket under the last answers while frames of the client are unread: the kernel then resets
   * the connection, and the client loses what it had not read. For the same reason this class is no
   * {@code InterruptableTask}: a stopping server interrupts those at once.
   *
   * <p>A connection that has streams stays open until its client closes it or the server's grace
   * time ends, because Helidon does not count streams that it does not know.
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
