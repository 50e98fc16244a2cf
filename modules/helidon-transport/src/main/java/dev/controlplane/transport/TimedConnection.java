package dev.controlplane.transport;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * A connection whose requests' heads and whose writes have a time limit. Waiting for a request is
 * limited by Helidon, reading a body by its handler. One that begins with HTTP/2 gets that, where
 * the server has it, and no limits from here.
 *
 * <p>Before a read or a write that is limited the thread leaves a {@link Wait}, and takes it back
 * after. {@link ConnectionWatch} takes one that is over time: whoever gets it, it is either in time
 * or the connection ends. The thread is interrupted then, which closes the socket under it.
 */
public final class TimedConnection extends ForwardingContext
    implements ServerConnection, InterruptableTask<Void>, DataWriter {
  private static final int SMALLEST_READ = 4 * 1024;
  private static final int LARGEST_READ = 64 * 1024;

  /** What HTTP/2 begins with, and no request of HTTP/1.1 (RFC 9113, section 3.4). */
  private static final byte[] PREFACE = "PRI ".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] NOTHING = {};

  /** How long the answer to a head that is late may take. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private static final ThreadLocal<TimedConnection> CURRENT = new ThreadLocal<>();

  /** A thread in a read or a write, and until when it may be. */
  private record Wait(Thread thread, long deadline, boolean reading) {}

  private final DataWriter writer;
  private final Http1Reader reader;
  private final OldVersion oldVersion = new OldVersion();
  private Status answer = Status.OK_200;

  /** What an answer to HEAD says of the body of one to GET; null: what Helidon says. */
  private LongSupplier lengthOfHead;

  private final long headNanos;
  private final long writeNanos;
  private final byte[] slowHead;
  private final ConnectionWatch watch;
  private final AtomicReference<Wait> wait = new AtomicReference<>();
  private final ServerConnectionSelector http2;

  /** What the connection speaks: HTTP/1.1, until it begins with HTTP/2. */
  private volatile ServerConnection spoken;

  /** Waits for the first bytes, that tell. */
  private volatile boolean listens;

  /** What of HTTP/2 is read already; null with HTTP/1.1. */
  private byte[] first;

  /** The thread that reads heads and runs handlers; bodies are read by others. */
  private volatile Thread owner;

  /**
   * When the first bytes of the head that is being read were there; 0 between heads. The first head
   * begins with the connection.
   */
  private long headBegan;

  /** Whether the client has sent anything. */
  private volatile boolean heard;

  /** When the reader is cut off although its 408 may not be written yet; 0 while it is in time. */
  private volatile long cutAt;

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
    this.headNanos = head.toNanos();
    this.writeNanos = write.toNanos();
    this.slowHead = slowHead;
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
    return connection == null || connection.headBegan != 0;
  }

  void serve(ServerConnection http1) {
    spoken = http1;
  }

  /** The first line of a head is read, maybe without a read from the socket. */
  void headBegins() {
    if (headBegan == 0) {
      headBegan = System.nanoTime();
    }
  }

  void headIsRead(WritableHeaders<?> headers) {
    headBegan = 0;
    oldVersion.request(reader.headIsRead(), headers, RequestHost.of(localPeer()));
    RequestHost.requireIn(headers);
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
    owner = Thread.currentThread();
    headBegan = System.nanoTime();
    CURRENT.set(this);
    watch.watch(this);
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
      watch.forget(this);
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
    if (Thread.currentThread() != owner) {
      return receive();
    }
    if (headBegan == 0) {
      byte[] bytes = receive();
      headBegins();
      return bytes;
    }
    Wait mine = new Wait(owner, headBegan + headNanos, true);
    wait.set(mine);
    try {
      return receive();
    } finally {
      takeBack(mine, "the head of a request took too long");
    }
  }

  /** What has come, at least a byte; null at the end. */
  @SuppressWarnings("removal") // Helidon's other way to read makes 8 KiB the most.
  private byte[] receive() {
    byte[] bytes = new byte[nextRead];
    int length = serverSocket().read(BufferData.create(bytes).clear());
    if (length < 0) {
      return null;
    }
    heard = true;
    nextRead = Math.clamp(length * 4L, SMALLEST_READ, LARGEST_READ);
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    Wait mine = new Wait(Thread.currentThread(), System.nanoTime() + writeNanos, false);
    wait.set(mine);
    try {
      writer.write(oldVersion.outgoing(buffer));
    } finally {
      takeBack(mine, "the client took nothing for too long");
    }
  }

  @Override
  public void writeNow(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    write(buffer);
  }

  private void takeBack(Wait mine, String late) {
    if (!wait.compareAndSet(mine, null)) {
      throw new CloseConnectionException(late);
    }
  }

  void endIfLate(long now) {
    long cut = cutAt;
    if (cut != 0 && now - cut >= 0) {
      cutAt = 0;
      owner.interrupt();
    }
    Wait current = wait.get();
    if (current != null && now - current.deadline() > 0 && wait.compareAndSet(current, null)) {
      if (current.reading() && heard) {
        // On a thread of its own: a client that reads nothing must not hold up the watch.
        cutAt = (now + LAST_WORDS.toNanos()) | 1;
        Thread.ofVirtual().name("HTTP/1.1 last words").start(this::sendTimeout);
      } else {
        current.thread().interrupt();
      }
    }
  }

  /** 408 for a head that does not come to its end. */
  private void sendTimeout() {
    String head =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + slowHead.length
            + "\r\n\r\n";
    try {
      writer.writeNow(
          BufferData.create(head.getBytes(StandardCharsets.US_ASCII)), BufferData.create(slowHead));
    } catch (RuntimeException e) {
      // The client is gone, which is as well.
    }
    cutAt = System.nanoTime() | 1;
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
    Thread listener = owner;
    if (listens && listener != null) {
      listener.interrupt();
    } else {
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
