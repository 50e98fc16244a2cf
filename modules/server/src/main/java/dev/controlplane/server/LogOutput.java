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
 * Writes log lines to stderr without ever blocking the callers. A pipe that nobody reads is full
 * after 64 KiB. Direct writes to it would then block every thread that logs, and with them the end
 * of the process on SIGTERM.
 *
 * <p>Each {@code write} is one line. Lines wait in memory, up to {@link #MOST_BYTES}, for a
 * dedicated thread that writes them. Further lines are dropped and counted; the log reports the
 * number as soon as somebody reads it again. {@link #flush} waits briefly for pending lines and
 * must be called before the process ends. Thread-safe.
 */
final class LogOutput extends OutputStream {
  /** The most bytes of waiting lines. */
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

  /** Starts the writing thread. Nothing else may write to {@code out}. */
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

  /**
   * Queues a line. The array itself is kept, because the last line must be writable when no memory
   * is left for a copy.
   */
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

  /** Sets how a line about dropped lines is encoded. */
  void onLost(LongFunction<byte[]> gap) {
    lock.lock();
    try {
      this.gap = gap;
    } finally {
      lock.unlock();
    }
  }

  /** Registers a metric for the number of dropped lines. */
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

  /** Waits until everything is written, at most half a second. */
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
        // There is nowhere left to report it.
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
