package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(Duration.ofMillis(100), Duration.ofSeconds(1), 3);

  @Test
  void theBoundDoublesUpToTheMost() {
    assertEquals(
        java.util.List.of(100L, 200L, 400L, 800L, 1000L, 1000L),
        IntStream.rangeClosed(1, 6).mapToObj(n -> POLICY.bound(n).toMillis()).toList());
    assertEquals(Duration.ofSeconds(1), POLICY.bound(Integer.MAX_VALUE));
  }

  @Test
  void theWaitsOfManyClientsAreSpreadBelowTheBound() {
    Set<Duration> waits = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Duration wait = POLICY.delay(3);
      assertTrue(!wait.isNegative() && wait.compareTo(POLICY.bound(3)) <= 0, wait::toString);
      waits.add(wait);
    }
    assertTrue(waits.size() > 90, () -> waits.size() + " different waits of 100");
  }
}
