package dev.controlplane.transport.socket;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A listening socket whose {@link #accept} returns only connections within the limit, and throws
 * only when the socket is closed.
 *
 * <p>One thread accepts: the thread that created this object. If that thread closes the socket,
 * Helidon's accept loop has failed, and {@code gone} is called because nobody else would notice.
 */
final class PatientServerSocket extends ServerSocketChannel {
  private static final System.Logger LOGGER = System.getLogger(PatientServerSocket.class.getName());

  /**
   * The pause between attempts while {@code accept} fails, in nanoseconds. A descriptor may become
   * free meanwhile.
   */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * At most one line about failures is logged in this time, in nanoseconds, because failures may
   * come and go quickly.
   */
  private static final long QUIET = TimeUnit.MINUTES.toNanos(1);

  private final String name;
  private final ServerSocketChannel socket;
  private final BooleanSupplier mayServeOneMore;
  private final Counts counts;
  private final Consumer<Throwable> gone;
  private final Thread acceptor = Thread.currentThread();
  private long failedInARow;
  private boolean said;
  private long lastSaid;

  /** Counters of a socket, for metrics. */
  static final class Counts {
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    long refused() {
      return refused.get();
    }

    long failed() {
      return failed.get();
    }
  }

  /**
   * @param name of the socket, for the log
   * @param mayServeOneMore whether the connection that was just accepted is within the limit
   * @param gone receives the cause when the accepting thread gives up
   */
  PatientServerSocket(
      String name,
      ServerSocketChannel socket,
      BooleanSupplier mayServeOneMore,
      Counts counts,
      Consumer<Throwable> gone) {
    super(socket.provider());
    this.name = name;
    this.socket = socket;
    this.mayServeOneMore = mayServeOneMore;
    this.counts = counts;
    this.gone = gone;
  }

  @Override
  public SocketChannel accept() throws IOException {
    while (true) {
      SocketChannel accepted;
      try {
        accepted = socket.accept();
      } catch (ClosedChannelException e) {
        throw e;
      } catch (IOException e) {
        if (!socket.isOpen()) {
          throw new ClosedChannelException();
        }
        waitOut(e);
        continue;
      } catch (RuntimeException | Error e) {
        gone.accept(e);
        throw e;
      }
      recovered();
      if (mayServeOneMore.getAsBoolean()) {
        return accepted;
      }
      counts.refused.incrementAndGet();
      close(accepted);
    }
  }

  private void waitOut(IOException e) {
    counts.failed.incrementAndGet();
    failedInARow++;
    long now = System.nanoTime();
    if (!said && (lastSaid == 0 || now - lastSaid > QUIET)) {
      said = true;
      lastSaid = now;
      LOGGER.log(
          System.Logger.Level.WARNING,
          "socket \""
              + name
              + "\" cannot accept a connection: "
              + e.getMessage()
              + "; clients wait until it can; raise the limit of open files if this comes again");
    }
    LockSupport.parkNanos(this, PAUSE);
  }

  private void recovered() {
    if (said) {
      LOGGER.log(
          System.Logger.Level.INFO,
          "socket \"" + name + "\" accepts connections again, after " + failedInARow + " failures");
    }
    said = false;
    failedInARow = 0;
  }

  private static void close(SocketChannel accepted) {
    try {
      accepted.close();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.TRACE, "closing a refused connection failed", e);
    }
  }

  @Override
  protected void implCloseSelectableChannel() throws IOException {
    socket.close();
    if (Thread.currentThread() == acceptor) {
      gone.accept(new IllegalStateException("its accept loop failed; the lines above tell why"));
    }
  }

  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    socket.configureBlocking(block);
  }

  @Override
  public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
    socket.bind(local, backlog);
    return this;
  }

  @Override
  public <T> ServerSocketChannel setOption(SocketOption<T> option, T value) throws IOException {
    socket.setOption(option, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws IOException {
    return socket.getOption(option);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return socket.supportedOptions();
  }

  @Override
  public ServerSocket socket() {
    return socket.socket();
  }

  @Override
  public SocketAddress getLocalAddress() throws IOException {
    return socket.getLocalAddress();
  }
}
