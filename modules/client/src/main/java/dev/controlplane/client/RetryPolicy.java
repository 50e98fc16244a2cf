package dev.controlplane.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before trying again, and how often.
 *
 * <p>The wait is drawn evenly from nothing up to a bound that doubles with each failure in a row
 * ("full jitter"), so that a thousand clients of a server that went away do not come back as one.
 *
 * @param first bound of the wait after the first failure
 * @param most the bound never grows above this
 * @param resumes how often one transfer that broke off is taken up again
 */
public record RetryPolicy(Duration first, Duration most, int resumes) {
  /** From 500 ms up to 15 s; six resumes. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(Duration.ofMillis(500), Duration.ofSeconds(15), 6);

  /** Checks that the waits are positive and in order. */
  public RetryPolicy {
    if (!first.isPositive() || most.compareTo(first) < 0 || resumes < 0) {
      throw new IllegalArgumentException("0 < first <= most, and resumes >= 0");
    }
  }

  /**
   * How long to wait now.
   *
   * @param failures in a row, from 1
   */
  public Duration delay(int failures) {
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(bound(failures).toNanos() + 1));
  }

  /** The longest {@link #delay} after so many failures. */
  Duration bound(int failures) {
    int doublings = Math.min(failures - 1, 30);
    Duration grown = first.multipliedBy(1L << doublings);
    return grown.compareTo(most) < 0 ? grown : most;
  }
}
