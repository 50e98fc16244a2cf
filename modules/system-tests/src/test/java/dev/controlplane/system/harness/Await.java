package dev.controlplane.system.harness;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for conditions of other processes. */
public final class Await {
  private Await() {}

  /** Returns once the condition holds; fails with the message after the limit. */
  public static void until(Duration limit, Supplier<String> expected, Callable<Boolean> condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
      } catch (Exception e) {
        if (System.nanoTime() > end) {
          throw new AssertionError("after " + limit + " not so: " + expected.get(), e);
        }
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("after " + limit + " not so: " + expected.get());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }
}
