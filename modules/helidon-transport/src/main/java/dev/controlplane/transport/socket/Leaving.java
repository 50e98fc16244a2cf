package dev.controlplane.transport.socket;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Recognizes exceptions that only mean that a client disconnected, counts them, and keeps them out
 * of the log. Helidon 4.5.0 ({@code ConnectionHandler.run}) logs "unexpected exception" with a
 * stack trace when a client disconnects in the middle of a head.
 */
public final class Leaving {
  private static final System.Logger LOGGER = System.getLogger(Leaving.class.getName());
  private static final AtomicLong COUNT = new AtomicLong();

  private Leaving() {}

  /**
   * How many connections of this process were cut off by their client in the middle of a read or
   * write.
   */
  public static long count() {
    return COUNT.get();
  }

  /**
   * Logs an error and returns it. Helidon's executor stores an {@link Error} of a connection's
   * thread in a future that nobody reads, so an {@link OutOfMemoryError} would go unnoticed.
   */
  public static Error logged(Error e) {
    LOGGER.log(System.Logger.Level.ERROR, "a connection failed", e);
    return e;
  }

  /**
   * Converts a disconnect into an exception that Helidon treats as a normal end of a connection;
   * returns any other exception unchanged.
   */
  public static RuntimeException asHelidonTakesIt(RuntimeException e) {
    if (isDeparture(e)) {
      COUNT.incrementAndGet();
    }
    return uncounted(e);
  }

  /** Counts a client that left where Helidon takes no notice of it. */
  public static void noted() {
    COUNT.incrementAndGet();
  }

  /** The same as {@link #asHelidonTakesIt} for a client that is counted already. */
  public static RuntimeException uncounted(RuntimeException e) {
    return switch (e) {
      case DataReader.InsufficientDataAvailableException _ ->
          new CloseConnectionException("the client left in the middle of a head", e);
      case UncheckedIOException _ -> new ServerConnectionException("the connection broke", e);
      case SocketWriterException _ -> new ServerConnectionException("the connection broke", e);
      default -> e;
    };
  }

  private static boolean isDeparture(RuntimeException e) {
    return e instanceof DataReader.InsufficientDataAvailableException
        || e instanceof UncheckedIOException
        || e instanceof SocketWriterException;
  }
}
