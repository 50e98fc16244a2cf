package dev.controlplane.pprof.http;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds what profiles cost. At most {@code most} requests are admitted, and a quarter of them (at
 * least one) work at the same time. Up to three times {@code most} further requests wait for
 * admission, up to {@link #PATIENCE}; all others are refused at once.
 *
 * <p>A request gives up its working slot while it waits for its client. A client that does not read
 * therefore takes only its place among the admitted requests, with the part of a profile that is
 * buffered. When other requests wait for admission, the request that has waited longest for its
 * client is cut off.
 */
final class Admission {
  /** How long a request waits for its turn. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** A request is not cut off before its client kept the server waiting for this long. */
  private static final Duration LENIENCY = Duration.ofSeconds(5);

  /** How often a waiting request looks for others to cut off. */
  private static final Duration GLANCE = Duration.ofMillis(250);

  private final int most;
  private final LongAdder refused = new LongAdder();
  private final Semaphore working;
  private final Semaphore open;
  private final Semaphore waiting;
  private final Set<Turn> turns = ConcurrentHashMap.newKeySet();

  /**
   * Creates an empty admission.
   *
   * @param most how many requests may be admitted at the same time
   */
  Admission(int most) {
    this.most = most;
    this.working = new Semaphore(Math.max(1, most / 4), true);
    this.open = new Semaphore(most, true);
    this.waiting = new Semaphore(3 * most);
  }

  /** How many requests are admitted now. */
  int admitted() {
    return most - open.availablePermits();
  }

  /** How many requests were refused since the start. */
  long refused() {
    return refused.sum();
  }

  /** Counts a refusal. */
  BusyException refusal() {
    refused.increment();
    return new BusyException(most);
  }

  /**
   * Takes a turn for the current thread, after some waiting if necessary.
   *
   * @throws BusyException if there are too many requests
   */
  Turn enter() throws InterruptedException, BusyException {
    if (!open.tryAcquire() && !waitForPlace()) {
      throw refusal();
    }
    boolean entered = false;
    try {
      entered = working.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      if (!entered) {
        open.release();
      }
    }
    if (!entered) {
      throw refusal();
    }
    return new Turn();
  }

  private boolean waitForPlace() throws InterruptedException {
    if (!waiting.tryAcquire()) {
      return false;
    }
    try {
      long start = System.nanoTime();
      while (!open.tryAcquire(GLANCE.toMillis(), TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() - start > PATIENCE.toNanos()) {
          return false;
        }
        turns.stream()
            .max(Comparator.comparingLong(Turn::waited))
            .filter(turn -> turn.waited() > LENIENCY.toNanos())
            .ifPresent(Turn::cut);
      }
      return true;
    } finally {
      waiting.release();
    }
  }

  /**
   * An admitted request, until its answer has been read. Only its own thread uses it, except for
   * the synchronized methods.
   */
  final class Turn implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private boolean works = true;
    private boolean cut;

    /**
     * Nanoseconds spent in writes, and the {@link System#nanoTime} at which the current write
     * began; 0 for none.
     */
    private long waited;

    private long waitsSince;

    private Turn() {
      turns.add(this);
    }

    /** Wraps a client's stream: writing to it gives up the working slot meanwhile. */
    OutputStream client(OutputStream out) {
      return new Client(out);
    }

    @Override
    public void close() {
      turns.remove(this);
      if (works) {
        working.release();
      }
      open.release();
    }

    private synchronized long waited() {
      if (cut) {
        return 0; // cut off once already
      }
      return waitsSince == 0 ? waited : waited + System.nanoTime() - waitsSince;
    }

    /**
     * Cuts the request off. An interrupt closes the socket under a write; {@link #resume} clears it
     * after the write.
     */
    private synchronized void cut() {
      if (!cut && waitsSince != 0) {
        thread.interrupt();
      }
      cut = true;
    }

    private void stop() throws IOException {
      synchronized (this) {
        mustGoOn();
        waitsSince = Math.max(1, System.nanoTime());
      }
      works = false;
      working.release();
    }

    /** Takes the working slot again after a write, whether it succeeded or not. */
    private void resume() {
      synchronized (this) {
        waited = waited();
        waitsSince = 0;
        if (cut) {
          boolean ignored = Thread.interrupted();
          return;
        }
      }
      working.acquireUninterruptibly();
      works = true;
    }

    private void mustGoOn() throws IOException {
      if (cut) {
        throw new IOException("the client reads too slowly while others wait");
      }
    }

    @FunctionalInterface
    private interface Step {
      void run() throws IOException;
    }

    private void waitFor(Step step) throws IOException {
      stop();
      try {
        step.run();
      } finally {
        resume();
      }
      synchronized (this) {
        mustGoOn();
      }
    }

    private final class Client extends OutputStream {
      private final OutputStream out;

      private Client(OutputStream out) {
        this.out = out;
      }

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        waitFor(() -> out.write(bytes, offset, length));
      }

      @Override
      public void close() throws IOException {
        waitFor(out::close);
      }
    }
  }
}
