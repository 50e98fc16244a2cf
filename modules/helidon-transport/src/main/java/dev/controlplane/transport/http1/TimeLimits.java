package dev.controlplane.transport.http1;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The time limits of one HTTP/1.1 connection: for reading a request head, and for each write.
 *
 * <p>Implementation note: before a limited read or write, the thread stores a {@link Wait} and
 * takes it back afterwards. {@link ConnectionWatch} takes a Wait that is over its deadline. Only
 * one of them can get it, so the operation either was in time or ends the connection. The watch
 * then interrupts the thread, which closes the socket under it.
 */
final class TimeLimits {
  /** How long sending the 408 for a late head may take. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  /** A read or write in progress: its thread, and its deadline as a {@link System#nanoTime}. */
  private record Wait(Thread thread, long deadline, boolean reading) {}

  private final long headNanos;
  private final long writeNanos;
  private final byte[] slowHead;
  private final DataWriter writer;
  private final AtomicReference<Wait> wait = new AtomicReference<>();

  /** The connection's thread: it reads heads and runs handlers. Other threads may read bodies. */
  private volatile Thread owner;

  /**
   * The {@link System#nanoTime} of the first byte of the current head; 0 between heads. The first
   * head begins with the connection.
   */
  private long headBegan;

  /** Whether the client has sent anything. */
  private volatile boolean heard;

  /**
   * The {@link System#nanoTime} at which a reader whose head is late gets interrupted, even if its
   * 408 is not written yet; 0 if the head is in time.
   */
  private volatile long cutAt;

  /**
   * @param slowHead the JSON body of the 408 for a late head
   * @param writer to the socket
   */
  TimeLimits(Duration head, Duration write, byte[] slowHead, DataWriter writer) {
    this.headNanos = head.toNanos();
    this.writeNanos = write.toNanos();
    this.slowHead = slowHead;
    this.writer = writer;
  }

  /** Makes the current thread the connection's thread, and starts the time of the first head. */
  void begin() {
    owner = Thread.currentThread();
    headBegan = System.nanoTime();
  }

  /** Whether the current thread is the connection's thread. */
  boolean isOwner() {
    return Thread.currentThread() == owner;
  }

  /** Interrupts the connection's thread; returns false if there is none yet. */
  boolean interrupt() {
    Thread thread = owner;
    if (thread != null) {
      thread.interrupt();
    }
    return thread != null;
  }

  /** Notes that the client has sent something. */
  void heard() {
    heard = true;
  }

  /** Whether the client has sent anything. */
  boolean hasHeard() {
    return heard;
  }

  /** Notes that bytes of a head have arrived. */
  void headBegins() {
    if (headBegan == 0) {
      headBegan = System.nanoTime();
    }
  }

  void headIsRead() {
    headBegan = 0;
  }

  /** Whether a head has begun and is incomplete. */
  boolean isReadingHead() {
    return headBegan != 0;
  }

  /**
   * Runs a read of a part of a head, within the head's time.
   *
   * @throws CloseConnectionException if the head is late
   */
  <T> T whileReading(Supplier<T> read) {
    Wait mine = new Wait(owner, headBegan + headNanos, true);
    wait.set(mine);
    try {
      return read.get();
    } finally {
      takeBack(mine, "the head of a request took too long");
    }
  }

  /**
   * Runs a write, within the write time.
   *
   * @throws CloseConnectionException if the client did not accept the bytes in time
   */
  void whileWriting(Runnable write) {
    Wait mine = new Wait(Thread.currentThread(), System.nanoTime() + writeNanos, false);
    wait.set(mine);
    try {
      write.run();
    } finally {
      takeBack(mine, "the client took nothing for too long");
    }
  }

  private void takeBack(Wait mine, String late) {
    if (!wait.compareAndSet(mine, null)) {
      throw new CloseConnectionException(late);
    }
  }

  /**
   * Ends the connection if an operation is past its deadline. Called by {@link ConnectionWatch}.
   */
  void endIfLate(long now) {
    long cut = cutAt;
    if (cut != 0 && now - cut >= 0) {
      cutAt = 0;
      owner.interrupt();
    }
    Wait current = wait.get();
    if (current != null && now - current.deadline() > 0 && wait.compareAndSet(current, null)) {
      if (current.reading() && heard) {
        // On its own thread: a client that reads nothing must not block the watch.
        cutAt = (now + LAST_WORDS.toNanos()) | 1;
        Thread.ofVirtual().name("HTTP/1.1 last words").start(this::sendTimeout);
      } else {
        current.thread().interrupt();
      }
    }
  }

  /** Sends 408 for a head that was not completed in time. */
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
      // The client is gone, so there is nobody to answer.
    }
    cutAt = System.nanoTime() | 1;
  }
}
