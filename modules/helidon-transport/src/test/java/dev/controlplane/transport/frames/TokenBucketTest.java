package dev.controlplane.transport.frames;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void soMuchAsFitsMayHappenAtOnceAndOneMoreIsTooMuch() {
    TokenBucket bucket = new TokenBucket(3, 1, 0);
    assertTrue(bucket.take(2, 0));
    assertTrue(bucket.take(1, 0));
    assertFalse(bucket.take(1, 0));
  }

  @Test
  void timeAndWorkFillItUpToItsCapacity() {
    TokenBucket bucket = new TokenBucket(3, 2, 0);
    assertTrue(bucket.take(3, 0));
    assertFalse(bucket.take(1, SECOND / 2 - 1));
    assertTrue(bucket.take(1, SECOND / 2));
    bucket.give(2);
    assertTrue(bucket.take(2, SECOND / 2));
    assertTrue(bucket.take(3, 60 * SECOND));
    assertFalse(bucket.take(1, 60 * SECOND));
  }
}
