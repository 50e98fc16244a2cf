package dev.controlplane.transport.frames;

import java.util.concurrent.TimeUnit;

/**
 * Says whether something happens too often: it may happen {@code capacity} times at once, and
 * {@code perSecond} times a second after that. Not safe for use by several threads.
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
   * @return false if there are not so many
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

  /** Puts tokens back, for work that pays for itself. */
  void give(long count) {
    tokens = Math.min(capacity, tokens + count);
  }
}
