package dev.controlplane.transport.frames;

import java.util.concurrent.TimeUnit;

/**
 * A token bucket: a rate limit that allows {@code capacity} tokens at once and {@code perSecond}
 * tokens a second after that. Not thread-safe.
 */
final class TokenBucket {
  private final long capacity;
  private final long nanosPerToken;
  private long tokens;
  private long filledAt;

  TokenBucket(long capacity, long perSecond, long now) {
    this.capacity = capacity;
    this.nanosPerToken = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.tokens = capacity;
    this.filledAt = now;
  }

  /**
   * Takes tokens.
   *
   * @param now {@link System#nanoTime}
   * @return false, with nothing taken, if there are not enough
   */
  boolean take(long cost, long now) {
    long earned = (now - filledAt) / nanosPerToken;
    if (earned > 0) {
      tokens = Math.min(capacity, tokens + earned);
      filledAt += earned * nanosPerToken;
    }
    if (tokens < cost) {
      return false;
    }
    tokens -= cost;
    return true;
  }

  /** Returns tokens to the bucket, up to its capacity. Useful work earns them. */
  void give(long count) {
    tokens = Math.min(capacity, tokens + count);
  }
}
