package dev.controlplane.server;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** How much of one thing the clients of a server may have at once. */
public final class Bound {
  private final String taken;
  private final String setting;
  private final long limit;
  private final AtomicLong inUse = new AtomicLong();
  private final LongAdder refusals = new LongAdder();

  /**
   * A bound that nothing counts against yet.
   *
   * @param taken what clients have, as a refusal says it, such as {@code uploads are on their way}
   * @param setting the setting that says how many, such as {@code max-uploads}
   * @param limit how many there may be
   */
  public Bound(String taken, String setting, long limit) {
    this.taken = taken;
    this.setting = setting;
    this.limit = limit;
  }

  /** Takes a place; false if all are taken, which counts as a refusal. */
  public boolean enter() {
    long before = inUse.getAndUpdate(n -> n < limit ? n + 1 : n);
    if (before < limit) {
      return true;
    }
    refusals.increment();
    return false;
  }

  /** Gives a place back. */
  public void leave() {
    if (inUse.decrementAndGet() == 0) {
      synchronized (inUse) {
        inUse.notifyAll();
      }
    }
  }

  /** Waits until no place is taken, but not longer than this. */
  public void awaitNone(Duration time) throws InterruptedException {
    long deadline = System.nanoTime() + time.toNanos();
    synchronized (inUse) {
      for (long left = time.toNanos(); left > 0 && inUse.get() > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(inUse, left);
        left = deadline - System.nanoTime();
      }
    }
  }

  /** How many places are taken. */
  public long inUse() {
    return inUse.get();
  }

  /** How many places there are. */
  public long limit() {
    return limit;
  }

  /** How often there was no place. */
  public long refusals() {
    return refusals.sum();
  }

  /**
   * What a client is told that got no place.
   *
   * @param advice what it can do
   */
  public String refusal(String advice) {
    return "%d %s, as many as %s allows; %s"
        .formatted(limit, taken, Settings.variable(setting), advice);
  }
}
