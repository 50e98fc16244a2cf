package dev.controlplane.server.http;

import dev.controlplane.pprof.Goroutines;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Reads a body from its socket on a virtual thread of its own, into a few buffers that circulate
 * between that thread and the handler.
 *
 * <p>Buffers start at {@link #SMALLEST} bytes and grow to {@link #LARGEST} while reads fill them. A
 * slow client therefore costs little memory, and a fast one needs few reads. Memory is at most
 * {@link #BUFFERS} times {@link #LARGEST}. Closing the pump ends its thread, wherever it is
 * waiting.
 */
final class BodyPump implements AutoCloseable {
  static final int BUFFERS = 4;
  static final int SMALLEST = 4 * 1024;
  static final int LARGEST = 128 * 1024;

  /** What the reading thread passes to the handler. */
  sealed interface Piece {}

  /** Bytes at the start of a buffer, which the handler returns after use. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Bytes(byte[] buffer, int length) implements Piece {}

  /** The body is complete. */
  record End() implements Piece {}

  /** Why no more bytes will arrive. */
  record Failure(RuntimeException why) implements Piece {}

  private final InputStream in;
  private final Function<Exception, RuntimeException> failures;
  private final BlockingQueue<Piece> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
  private volatile Thread thread;
  private volatile boolean over;

  /**
   * Creates a pump that is not started.
   *
   * @param failures converts a failed read into the exception for the handler
   */
  BodyPump(InputStream in, Function<Exception, RuntimeException> failures) {
    this.in = in;
    this.failures = failures;
  }

  /** Starts the thread. */
  void start() {
    thread = Goroutines.start("request-body", this::run);
  }

  /**
   * Reads a body of this length at once and without a thread. Only for a body whose bytes have
   * arrived, so that no read waits.
   */
  void readWhole(int length) {
    try {
      byte[] bytes = in.readNBytes(length);
      filled.add(new Bytes(bytes, bytes.length));
      if (in.read() >= 0) {
        throw new IllegalStateException("the body is longer than its Content-Length");
      }
      filled.add(new End());
    } catch (IOException | RuntimeException e) {
      filled.add(new Failure(failures.apply(e)));
    }
    over = true;
  }

  /** Returns the next piece; null after the timeout. */
  Piece poll(long nanos) throws InterruptedException {
    return filled.poll(nanos, TimeUnit.NANOSECONDS);
  }

  /** Returns the next piece if it is there already, otherwise null. */
  Piece poll() {
    return filled.poll();
  }

  /** Returns a buffer that the handler has read. */
  void recycle(byte[] buffer) {
    free.offer(buffer);
  }

  private void run() {
    try {
      int size = SMALLEST;
      int made = 0;
      while (true) {
        byte[] buffer = free.poll();
        if (buffer == null) {
          buffer = made++ < BUFFERS ? new byte[size] : free.take();
        }
        if (buffer.length < size) {
          buffer = new byte[size];
        }
        int length = in.read(buffer);
        if (length < 0) {
          filled.put(new End());
          return;
        }
        if (length == buffer.length) {
          size = Math.min(length * 4, LARGEST);
        }
        filled.put(new Bytes(buffer, length));
      }
    } catch (InterruptedException e) {
      // The pump was closed.
    } catch (IOException | RuntimeException e) {
      filled.offer(new Failure(failures.apply(e)));
    } finally {
      over = true;
    }
  }

  /**
   * Ends the thread if it is still reading or waiting. The connection is then unusable, because an
   * interrupted read closes its socket.
   */
  @Override
  public void close() {
    Thread reading = thread;
    if (reading != null && !over) {
      reading.interrupt();
    }
  }
}
