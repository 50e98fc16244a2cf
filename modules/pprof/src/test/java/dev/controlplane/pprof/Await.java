package dev.controlplane.pprof;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for what other threads do. */
public final class Await {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Pauses in nanoseconds; each is twice the one before. */
  private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(100);

  private Await() {}

  /**
   * Asks for a value until it is as expected, and returns it; fails with the last one after 30 s.
   */
  public static <T> T value(Callable<T> value, Predicate<T> expected) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    for (long pause = SHORTEST; true; pause = Math.min(2 * pause, LONGEST)) {
      T found = value.call();
      if (expected.test(found)) {
        return found;
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("still after 30 s: " + found);
      }
      LockSupport.parkNanos(pause);
    }
  }

  /** Returns once the condition holds; fails with the message after 30 s. */
  public static void until(BooleanSupplier condition, Supplier<String> otherwise) {
    try {
      value(() -> condition.getAsBoolean() ? "" : otherwise.get(), String::isEmpty);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("neither of the two throws any", e);
    }
  }
}
