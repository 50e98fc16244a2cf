package dev.controlplane.transport.http1;

import dev.controlplane.transport.socket.ForwardingContext;
import dev.controlplane.transport.socket.Leaving;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/**
 * One HTTP/1.1 connection with {@link TimeLimits} for request heads and for writes.
 *
 * <p>Helidon limits the wait for the next request, and handlers limit reading their bodies. If the
 * server supports HTTP/2 and the connection begins with its preface, it is served as HTTP/2 without
 * these limits.
 */
public final class TimedConnection extends ForwardingContext
    implements ServerConnection, InterruptableTask<Void>, DataWriter {
  private static final int SMALLEST_READ = 4 * 1024;
  private static final int LARGEST_READ = 64 * 1024;

  /** The largest request head, in bytes; Helidon's default ({@code Http1Config.maxHeadersSize}). */
  public static final int MOST_OF_HEAD = 16 * 1024;

  /** The start of the HTTP/2 preface (RFC 9113, section 3.4). No HTTP/1.1 request begins so. */
  private static final byte[] PREFACE = "PRI ".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] NOTHING = {};

  private static final ThreadLocal<TimedConnection> CURRENT = new ThreadLocal<>();

  private final DataWriter writer;
  private final Http1Reader reader;
  private final OldVersion oldVersion = new OldVersion();
  private final AnswerHead answer = new AnswerHead(oldVersion);
  private final Departure departure = new Departure();
  private final TimeLimits limits;
  private final ConnectionWatch watch;
  private final ServerConnectionSelector http2;

  /** The protocol of the connection: HTTP/1.1, unless it began with the HTTP/2 preface. */
  private volatile ServerConnection spoken;

  /** The connection is waiting for its first bytes, which tell the protocol. */
  private volatile boolean listens;

  /** The bytes already read of an HTTP/2 connection; null for HTTP/1.1. */
  private byte[] first;

  /** Why the last head was rejected here; null if it was not. */
  private String refusal;

  /** The size of the next read: four times the last, so that large bodies take few reads. */
  private int nextRead = SMALLEST_READ;

  /**
   * @param slowHead the JSON body of the 408 for a late head
   * @param http2 for connections that begin with the HTTP/2 preface; null for none
   */
  TimedConnection(
      ConnectionContext context,
      Duration head,
      Duration write,
      byte[] slowHead,
      ConnectionWatch watch,
      ServerConnectionSelector http2) {
    super(context);
    this.http2 = http2;
    this.listens = http2 != null;
    this.writer = context.dataWriter();
    this.limits = new TimeLimits(head, write, slowHead, writer);
    this.watch = watch;
    this.reader = new Http1Reader(this::read);
  }

  /**
   * Whether at least this many bytes, of the body if a handler calls this, have been read from the
   * socket and not consumed. False on a thread that serves no connection.
   */
  public static boolean hasArrived(long bytes) {
    TimedConnection connection = CURRENT.get();
    return connection != null && connection.reader.available() >= bytes;
  }

  /**
   * Sets the Content-Length of the current thread's next answer, which must be an answer to HEAD.
   * Helidon says 0 where a filter wraps the body. Has no effect over HTTP/2.
   *
   * @param bytes supplies the length when the head of the answer is written; null to leave it to
   *     Helidon
   */
  public static void lengthOfNextAnswer(LongSupplier bytes) {
    TimedConnection connection = CURRENT.get();
    if (connection != null) {
      connection.answer.lengthOfHead(bytes);
    }
  }

  /**
   * Whether the head of a request is incomplete: until then an error is the client's, later it is
   * the server's. True on a thread that serves no connection.
   */
  public static boolean isReadingHead() {
    TimedConnection connection = CURRENT.get();
    return connection == null || connection.limits.isReadingHead();
  }

  /** Why this class rejected the head of the current thread's request; empty if it did not. */
  public static Optional<String> refusal() {
    TimedConnection connection = CURRENT.get();
    return Optional.ofNullable(connection == null ? null : connection.refusal);
  }

  /** Whether the head being read exceeds {@link #MOST_OF_HEAD}. */
  public static boolean isHeadTooLarge() {
    TimedConnection connection = CURRENT.get();
    return connection != null
        && connection.limits.isReadingHead()
        && connection.reader.bytesOfHead() > MOST_OF_HEAD;
  }

  void serve(ServerConnection http1) {
    spoken = http1;
  }

  /** The first line of a head was read, perhaps from the buffer. */
  void headBegins() {
    limits.headBegins();
  }

  void headIsRead(WritableHeaders<?> headers) {
    limits.headIsRead();
    try {
      oldVersion.request(reader.headIsRead(), headers, RequestHost.of(localPeer()));
      RequestHost.requireIn(headers);
      reader
          .targetHost()
          .ifPresent(
              host -> {
                headers.set(HeaderNames.HOST, host);
                RequestHost.requireIn(headers);
              });
    } catch (RequestException e) {
      // Helidon does not pass the message on.
      refusal = e.getMessage();
      throw e;
    }
  }

  AnswerHead answer() {
    return answer;
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    limits.begin();
    CURRENT.set(this);
    watch.watch(limits);
    try {
      if (listens) {
        listen();
      }
      spoken.handle(limit);
    } catch (RuntimeException e) {
      throw departure.asHelidonTakesIt(e);
    } catch (Error e) {
      throw Leaving.logged(e);
    } finally {
      watch.forget(limits);
    }
  }

  private void listen() {
    try {
      if (reader.startsWith(PREFACE)) {
        first = reader.readBuffer(reader.available()).readBytes();
        spoken = http2.connection(this);
      }
    } catch (DataReader.InsufficientDataAvailableException e) {
      // The connection ended; the HTTP/1.1 code handles that.
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("the connection ended before it began", e);
    } finally {
      listens = false;
    }
  }

  private byte[] read() {
    if (!limits.isOwner()) {
      return receive();
    }
    if (!limits.isReadingHead()) {
      byte[] bytes = receive();
      limits.headBegins();
      return bytes;
    }
    return departure.reading(() -> limits.whileReading(this::receive), limits::hasHeard);
  }

  /** Reads what has arrived, at least one byte; returns null at the end of the connection. */
  @SuppressWarnings("removal") // Helidon's replacement reads at most 8 KiB.
  private byte[] receive() {
    byte[] bytes = new byte[nextRead];
    int length = serverSocket().read(BufferData.create(bytes).clear());
    if (length < 0) {
      return null;
    }
    limits.heard();
    nextRead = Math.clamp(length * 4L, SMALLEST_READ, LARGEST_READ);
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    departure.writing(() -> limits.whileWriting(() -> writer.write(oldVersion.outgoing(buffer))));
  }

  @Override
  public void writeNow(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    write(buffer);
  }

  @Override
  @Deprecated(forRemoval = true)
  @SuppressWarnings("removal")
  public void handle(Semaphore requestSemaphore) throws InterruptedException {
    throw new UnsupportedOperationException("Helidon calls handle(Limit)");
  }

  @Override
  public Duration idleTime() {
    return spoken.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    if (!listens || !limits.interrupt()) {
      spoken.close(interrupt);
    }
  }

  @Override
  public boolean canInterrupt() {
    return listens || (spoken instanceof InterruptableTask<?> task && task.canInterrupt());
  }

  @Override
  public DataWriter dataWriter() {
    return first == null ? this : writer;
  }

  @Override
  public DataReader dataReader() {
    return first == null ? reader : DataReader.create(this::readHttp2);
  }

  private byte[] readHttp2() {
    byte[] bytes = first;
    first = NOTHING;
    try {
      return bytes.length > 0 ? bytes : receive();
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("the connection broke", e);
    }
  }
}
