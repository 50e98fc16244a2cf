package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.sources.LiveSource;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long threads, virtual and platform, wait for locks, conditions, queues and each
 * other: the profiles {@code block} and {@code mutex}.
 *
 * <p>A thread of its own looks at all threads of the JVM, again and again, at intervals that differ
 * at random. It measures the CPU time of each look and chooses the interval so that looking costs
 * no more than a given share of one core. Each look adds the time since the last one to the waits
 * that it finds.
 *
 * <p>Nothing is measured before {@link Builder#start}. Thread-safe.
 *
 * @since 0.1.0
 */
public final class Contention implements AutoCloseable {
  /** The name of the thread that looks. */
  static final String THREAD_NAME = "pprof-contention";

  private static final long MIN_INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MAX_INTERVAL = TimeUnit.MINUTES.toNanos(1);

  /**
   * A look that comes later than this adds no more than this: the process was stopped meanwhile.
   */
  private static final long MAX_LATE = TimeUnit.SECONDS.toNanos(5);

  /**
   * The first looks are slow, until they are compiled. They are not as far apart as that calls for.
   */
  private static final int WARM_UP = 30;

  private static final long WARM_UP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(200);

  /** How long to rest after a look failed, as with an exhausted heap. */
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  private final WaitSums block;
  private final WaitSums mutex;
  private final double cpuShare;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final boolean started;
  private volatile long interval = MIN_INTERVAL;

  private Contention(Builder builder, boolean started) {
    this.block = new WaitSums(builder.maxStacks, "wait");
    this.mutex = new WaitSums(builder.maxStacks, "attributed_to");
    this.cpuShare = builder.cpuShare;
    this.started = started;
  }

  /** Begins the settings. */
  public static Builder builder() {
    return new Builder();
  }

  /** Profiles that stay empty and say that nothing is measured. Starts no thread. */
  public static Contention off() {
    return new Contention(new Builder(), false);
  }

  /** The profile {@code block}: waits by the stack of the waiting thread. */
  public ProfileKind.Cumulative block() {
    return new ContentionKind(
        "block",
        "Stack traces that led to blocking on synchronization primitives",
        "contention",
        block,
        started);
  }

  /**
   * The profile {@code mutex}: waits for locks by the stack of the thread that holds the lock, or
   * by that of the waiting thread if the JVM does not know the holder.
   */
  public ProfileKind.Cumulative mutex() {
    return new ContentionKind(
        "mutex", "Stack traces of holders of contended mutexes", "mutex", mutex, started);
  }

  /** The mean time between two looks at present; it follows the number of threads. */
  public Duration interval() {
    return Duration.ofNanos(interval);
  }

  /** Ends the measurement. The profiles keep what they have. */
  @Override
  public void close() {
    closed.countDown();
  }

  private void run() {
    LiveSource.hide(Thread.currentThread());
    try {
      var sampler = new WaitSampler(block, mutex);
      var clock = new CpuClock();
      String lastFailure = "";
      sampler.look(0); // loads classes, which is no measure of what a look costs
      long last = System.nanoTime();
      double cost = 0;
      int looks = 0;
      while (!closed.await(jittered(interval), TimeUnit.NANOSECONDS)) {
        try {
          long cpu = clock.nanos();
          long now = System.nanoTime();
          sampler.look((double) Math.min(now - last, Math.max(MAX_LATE, 2 * interval)));
          last = now;
          cpu = clock.nanos() - cpu;
          cost = cost == 0 ? cpu : cost * 0.75 + cpu * 0.25;
          long longest = ++looks < WARM_UP ? WARM_UP_INTERVAL : MAX_INTERVAL;
          interval = Math.max(MIN_INTERVAL, Math.min(longest, (long) (cost / cpuShare)));
        } catch (Throwable e) { // such as OutOfMemoryError: the next look may succeed
          lastFailure = report(e, lastFailure);
          if (closed.await(AFTER_FAILURE.toNanos(), TimeUnit.NANOSECONDS)) {
            return;
          }
          last = System.nanoTime();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever interrupts this thread wants it to end
    } finally {
      LiveSource.show(Thread.currentThread());
    }
  }

  /** At random, so that no periodic work is always seen at the same point. */
  private static long jittered(long interval) {
    return (long) (interval * (0.5 + ThreadLocalRandom.current().nextDouble()));
  }

  private static String report(Throwable failure, String lastFailure) {
    String kind = failure.getClass().getName();
    if (!kind.equals(lastFailure)) {
      try {
        System.getLogger("dev.controlplane.pprof")
            .log(
                Level.WARNING,
                "A look at the waiting threads for the profiles block and mutex failed; the next"
                    + " one follows in a second",
                failure);
      } catch (Throwable e) {
        return ""; // no memory to log either: try again at the next failure
      }
    }
    return kind;
  }

  /** The CPU time of the current thread, or else the time. */
  private static final class CpuClock {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final boolean known =
        threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();

    long nanos() {
      return known ? threads.getCurrentThreadCpuTime() : System.nanoTime();
    }
  }

  /**
   * Settings of the measurement. Not thread-safe.
   *
   * @since 0.1.0
   */
  public static final class Builder {
    private double cpuShare = 0.005;
    private int maxStacks = 10_000;

    private Builder() {}

    /**
     * Sets which share of one core looking may cost; by default 0.005, half a percent. With a
     * smaller share the looks are farther apart.
     *
     * @throws IllegalArgumentException if it is not above 0 and at most 1
     */
    public Builder cpuShare(double share) {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("a share of a core is above 0 and at most 1: " + share);
      }
      cpuShare = share;
      return this;
    }

    /**
     * Sets how many different stacks each profile holds; by default 10,000. Waits with further
     * stacks are counted together.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder maxStacks(int stacks) {
      if (stacks < 1) {
        throw new IllegalArgumentException("the number of stacks must be positive: " + stacks);
      }
      maxStacks = stacks;
      return this;
    }

    /** Starts the measurement in a daemon thread. */
    public Contention start() {
      var contention = new Contention(this, true);
      Thread.ofPlatform().daemon().name(THREAD_NAME).start(contention::run);
      return contention;
    }
  }
}
