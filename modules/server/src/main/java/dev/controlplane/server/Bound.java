package dev.controlplane.server;

import dev.controlplane.server.settings.Settings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A counter with a limit: how much of one thing all clients of a server may use at the same time.
 * Thread-safe.
 */
public final class Bound {
  private final String taken;
  private final String setting;
  private final long limit;
  private final AtomicLong inUse = new AtomicLong();
  private final LongAdder refusals = new LongAdder();

  /**
   * Creates a counter at 0.
   *
   * @param taken what clients use, worded for a refusal, such as {@code uploads are on their way}
   * @param setting the setting of the limit, such as {@code max-uploads}
   * @param limit how many there may be
   */
  public Bound(String taken, String setting, long limit) {
    this.taken = taken;
    this.setting = setting;
    this.limit = limit;
  }

  /** Takes a place. Returns false if all are taken, which counts as a refusal. */
  public boolean enter() {
    long before = inUse.getAndUpdate(n -> n < limit ? n + 1 : n);
    if (before < limit) {
      return true;
    }
    refusals.increment();
    return false;
  }

  /** Returns a place. */
  public void leave() {
    if (inUse.decrementAndGet() == 0) {
      synchronized (inUse) {
        inUse.notifyAll();
      }
    }
  }

  /** Waits until no place is taken, at most for this time. */
  public void awaitNone(Duration time) throws InterruptedException {
    long deadline = System.nanoTime() + time.toNanos();
    synchronized (inUse) {
      for (long left = time.toNanos(); left > 0 && inUse.get() > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(inUse, left);
        left = deadline - System.nanoTime();
      }
    }
  }

  /** The number of places taken. */
  public long inUse() {
    return inUse.get();
  }

  /** The number of places. */
  public long limit() {
    return limit;
  }

  /** How often there was no free place. */
  public long refusals() {
    return refusals.sum();
  }

  /**
   * The message for a client that got no place.
   *
   * @param advice what the client can do
   */
  public String refusal(String advice) {
    return "%d %s, as many as %s allows; %s"
        .formatted(limit, taken, Settings.variable(setting), advice);
  }
}
