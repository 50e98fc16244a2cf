package dev.controlplane.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before a retry, and how often to resume a transfer.
 *
 * <p>The wait is random, evenly distributed from zero to a bound that doubles with each consecutive
 * failure ("full jitter"), so that a thousand clients of a restarted server do not reconnect at the
 * same moment.
 *
 * @param first the bound after the first failure
 * @param most the largest bound
 * @param resumes how often an interrupted transfer is resumed
 */
public record RetryPolicy(Duration first, Duration most, int resumes) {
  /** From 500 ms to 15 s; six resumes. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(Duration.ofMillis(500), Duration.ofSeconds(15), 6);

  public RetryPolicy {
    if (!first.isPositive() || most.compareTo(first) < 0 || resumes < 0) {
      throw new IllegalArgumentException("0 < first <= most, and resumes >= 0");
    }
  }

  /**
   * Returns a random wait.
   *
   * @param failures consecutive failures, from 1
   */
  public Duration delay(int failures) {
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(bound(failures).toNanos() + 1));
  }

  /** The longest {@link #delay} after this many failures. */
  Duration bound(int failures) {
    int doublings = Math.min(failures - 1, 30);
    Duration grown = first.multipliedBy(1L << doublings);
    return grown.compareTo(most) < 0 ? grown : most;
  }
}
