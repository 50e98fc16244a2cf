package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what happens on other threads. */
public final class Await {
  /** For what comes at once on a machine that has nothing else to do. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

  private Await() {}

  /** Fails unless the condition comes true in time. */
  public static void until(String what, Duration limit, BooleanSupplier condition) {
    if (!comesTrue(limit, condition)) {
      fail("not within " + limit + ": " + what);
    }
  }

  static boolean comesTrue(Duration limit, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > limit.toNanos()) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }
}
