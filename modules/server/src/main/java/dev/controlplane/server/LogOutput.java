package dev.controlplane.server;

import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;

/**
 * The way of a log's lines to standard error, on which no thread of the server ever waits. A pipe
 * that nobody reads is full after 64 KiB, and a write to it blocks for as long as the reader lives:
 * with it every thread that logs, and the end of the process on SIGTERM.
 *
 * <p>Each {@code write} is one line. Lines wait in memory, up to {@link #MOST_BYTES}, for a thread
 * of their own that writes them. Lines beyond that are dropped and counted, and the log says how
 * many as soon as it is read again. {@link #flush} waits a moment for the lines before it: whoever
 * ends the process calls it.
 */
final class LogOutput extends OutputStream {
  /** Bytes of lines that may wait. */
  static final int MOST_BYTES = 1 << 20;

  private static final Duration FLUSH = Duration.ofMillis(500);

  private final OutputStream out;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<byte[]> lines = new ArrayDeque<>();
  private int waiting;
  private long lost;
  private long untold;
  private LongFunction<byte[]> gap = lost -> new byte[0];

  /** Starts the thread that writes; nobody else may write there. */
  LogOutput(OutputStream out) {
    this.out = out;
    Thread.ofPlatform().daemon().name("log-writer").start(this::writeForEver);
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    write(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  /** Keeps the array, for the last line is written when there is no memory for another. */
  @Override
  public void write(byte[] line) {
    lock.lock();
    try {
      if (waiting + line.length > MOST_BYTES) {
        lost++;
        untold++;
        return;
      }
      lines.add(line);
      waiting += line.length;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes from {@code gap} the lines that say how many were dropped. */
  void onLost(LongFunction<byte[]> gap) {
    lock.lock();
    try {
      this.gap = gap;
    } finally {
      lock.unlock();
    }
  }

  /** Shows in the metrics how many lines were dropped. */
  void showIn(MeterRegistry meters) {
    meters.getOrCreate(
        FunctionalCounter.builder("controlplane.log.lines.dropped", this, LogOutput::lost)
            .description("Lines of the log that were dropped, for nobody read it"));
  }

  private long lost() {
    lock.lock();
    try {
      return lost;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all is written, or it is clear that nobody reads. */
  @Override
  public void flush() {
    long left = FLUSH.toNanos();
    lock.lock();
    try {
      while (waiting > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void writeForEver() {
    while (true) {
      byte[] line = next();
      try {
        out.write(line);
      } catch (IOException e) {
        // nowhere left to say so
      } finally {
        written(line.length);
      }
    }
  }

  private byte[] next() {
    lock.lock();
    try {
      while (lines.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      return lines.remove();
    } finally {
      lock.unlock();
    }
  }

  private void written(int length) {
    lock.lock();
    try {
      waiting -= length;
      if (lines.isEmpty() && untold > 0) {
        byte[] line = gap.apply(untold);
        untold = 0;
        lines.add(line);
        waiting += line.length;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
