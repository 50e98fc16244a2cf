package dev.controlplane.transport.socket;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that leave while the server reads from them or writes to them. That is daily life, and
 * nothing for the log: Helidon 4.5.0 ({@code ConnectionHandler.run}) logs "unexpected exception"
 * with a stack trace for a client that leaves in the middle of a head.
 */
public final class Leaving {
  private static final System.Logger LOGGER = System.getLogger(Leaving.class.getName());
  private static final AtomicLong COUNT = new AtomicLong();

  private Leaving() {}

  /** How many connections of this process ended in the middle of something. */
  public static long count() {
    return COUNT.get();
  }

  /**
   * The same error, logged. Helidon's executor keeps an {@link Error} of a connection's thread in a
   * future that nobody reads, so an {@link OutOfMemoryError} would end nothing.
   */
  public static Error logged(Error e) {
    LOGGER.log(System.Logger.Level.ERROR, "a connection failed", e);
    return e;
  }

  /** The same exception, or one in its place that Helidon takes for the end of a connection. */
  public static RuntimeException asHelidonTakesIt(RuntimeException e) {
    return switch (e) {
      case DataReader.InsufficientDataAvailableException _ -> {
        COUNT.incrementAndGet();
        yield new CloseConnectionException("the client left in the middle of a head", e);
      }
      case UncheckedIOException _ -> {
        COUNT.incrementAndGet();
        yield new ServerConnectionException("the connection broke", e);
      }
      case SocketWriterException _ -> {
        COUNT.incrementAndGet();
        yield new ServerConnectionException("the connection broke", e);
      }
      default -> e;
    };
  }
}
