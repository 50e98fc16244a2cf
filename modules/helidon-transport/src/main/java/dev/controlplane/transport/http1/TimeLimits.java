package dev.controlplane.transport.http1;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The time limits of one connection: to the head of a request, and to a write.
 *
 * <p>Before a read or a write that is limited the thread leaves a {@link Wait}, and takes it back
 * after. {@link ConnectionWatch} takes one that is over time: whoever gets it, it is either in time
 * or the connection ends. The thread is interrupted then, which closes the socket under it.
 */
final class TimeLimits {
  /** How long the answer to a head that is late may take. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  /** A thread in a read or a write, and until when it may be. */
  private record Wait(Thread thread, long deadline, boolean reading) {}

  private final long headNanos;
  private final long writeNanos;
  private final byte[] slowHead;
  private final DataWriter writer;
  private final AtomicReference<Wait> wait = new AtomicReference<>();

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

  /**
   * @param slowHead the JSON body of the 408 for a head that takes too long
   * @param writer to the socket
   */
  TimeLimits(Duration head, Duration write, byte[] slowHead, DataWriter writer) {
    this.headNanos = head.toNanos();
    this.writeNanos = write.toNanos();
    this.slowHead = slowHead;
    this.writer = writer;
  }

  /** This thread reads heads from now on. */
  void begin() {
    owner = Thread.currentThread();
    headBegan = System.nanoTime();
  }

  /** Whether this thread is the one that reads heads. */
  boolean isOwner() {
    return Thread.currentThread() == owner;
  }

  /** Interrupts the thread that reads heads; false if there is none yet. */
  boolean interrupt() {
    Thread thread = owner;
    if (thread != null) {
      thread.interrupt();
    }
    return thread != null;
  }

  /** The client has sent something. */
  void heard() {
    heard = true;
  }

  /** There are bytes of a head. */
  void headBegins() {
    if (headBegan == 0) {
      headBegan = System.nanoTime();
    }
  }

  void headIsRead() {
    headBegan = 0;
  }

  /** Whether a head has begun and was not read to its end. */
  boolean isReadingHead() {
    return headBegan != 0;
  }

  /**
   * Reads a part of a head.
   *
   * @throws CloseConnectionException if the head is over its time
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
   * Writes.
   *
   * @throws CloseConnectionException if the client has not taken it in time
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

  /** For {@link ConnectionWatch}. */
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
}
