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
import io.helidon.http.Status;
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
 * A connection whose requests' heads and whose writes have {@link TimeLimits}. Waiting for a
 * request is limited by Helidon, reading a body by its handler. One that begins with HTTP/2 gets
 * that, where the server has it, and no limits from here.
 */
public final class TimedConnection extends ForwardingContext
    implements ServerConnection, InterruptableTask<Void>, DataWriter {
  private static final int SMALLEST_READ = 4 * 1024;
  private static final int LARGEST_READ = 64 * 1024;

  /** Bytes of header lines, Helidon's default ({@code Http1Config.maxHeadersSize}). */
  public static final int MOST_OF_HEAD = 16 * 1024;

  /** What HTTP/2 begins with, and no request of HTTP/1.1 (RFC 9113, section 3.4). */
  private static final byte[] PREFACE = "PRI ".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] NOTHING = {};

  private static final ThreadLocal<TimedConnection> CURRENT = new ThreadLocal<>();

  private final DataWriter writer;
  private final Http1Reader reader;
  private final OldVersion oldVersion = new OldVersion();
  private Status answer = Status.OK_200;

  /** What an answer to HEAD says of the body of one to GET; null: what Helidon says. */
  private LongSupplier lengthOfHead;

  private final TimeLimits limits;
  private final ConnectionWatch watch;
  private final ServerConnectionSelector http2;

  /** What the connection speaks: HTTP/1.1, until it begins with HTTP/2. */
  private volatile ServerConnection spoken;

  /** Waits for the first bytes, that tell. */
  private volatile boolean listens;

  /** What of HTTP/2 is read already; null with HTTP/1.1. */
  private byte[] first;

  /** What was wrong with the last head; null if nothing was. */
  private String refusal;

  /** How much to make room for: what came last times four, so that large bodies take few reads. */
  private int nextRead = SMALLEST_READ;

  /**
   * @param slowHead the JSON body of the 408 for a head that takes too long
   * @param http2 null to have none
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
   * Whether so many bytes, of the body if a handler asks, have been read from the socket already;
   * false on a thread that is not a connection's.
   */
  public static boolean hasArrived(long bytes) {
    TimedConnection connection = CURRENT.get();
    return connection != null && connection.reader.available() >= bytes;
  }

  /**
   * Has the answer that is sent next, which is one to HEAD, say the length that the body of an
   * answer to GET has. Helidon says 0 where a filter stands before the body. Over HTTP/2 nothing is
   * said.
   *
   * @param bytes is asked when the head of the answer is written; null to leave it to Helidon
   */
  public static void lengthOfNextAnswer(LongSupplier bytes) {
    TimedConnection connection = CURRENT.get();
    if (connection != null) {
      connection.lengthOfHead = bytes;
    }
  }

  /**
   * Whether the head of a request was not read to its end. What fails before is the client's fault;
   * what fails after is not. True on a thread that is not a connection's.
   */
  public static boolean isReadingHead() {
    TimedConnection connection = CURRENT.get();
    return connection == null || connection.limits.isReadingHead();
  }

  /** What is wrong with the head that this thread refused; empty if Helidon did. */
  public static Optional<String> refusal() {
    TimedConnection connection = CURRENT.get();
    return Optional.ofNullable(connection == null ? null : connection.refusal);
  }

  /** Whether the head that is being read has more bytes than Helidon takes. */
  public static boolean isHeadTooLarge() {
    TimedConnection connection = CURRENT.get();
    return connection != null
        && connection.limits.isReadingHead()
        && connection.reader.bytesOfHead() > MOST_OF_HEAD;
  }

  void serve(ServerConnection http1) {
    spoken = http1;
  }

  /** The first line of a head is read, maybe without a read from the socket. */
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
      // Helidon does not hand it on.
      refusal = e.getMessage();
      throw e;
    }
  }

  void answers(Status status) {
    answer = status;
  }

  void answers(WritableHeaders<?> headers) {
    if (answer.code() == 304 || answer.code() == 204) {
      // Helidon says 0, which would be the length of what has not changed (RFC 9110, section 8.6).
      headers.remove(HeaderNames.CONTENT_LENGTH);
    } else if (lengthOfHead != null) {
      headers.set(HeaderNames.CONTENT_LENGTH, Long.toString(lengthOfHead.getAsLong()));
    }
    lengthOfHead = null;
    oldVersion.answers(headers);
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
      throw Leaving.asHelidonTakesIt(e);
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
      // HTTP/1.1 knows what to do at the end of a connection.
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
    return limits.whileReading(this::receive);
  }

  /** What has come, at least a byte; null at the end. */
  @SuppressWarnings("removal") // Helidon's other way to read makes 8 KiB the most.
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
    limits.whileWriting(() -> writer.write(oldVersion.outgoing(buffer)));
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
