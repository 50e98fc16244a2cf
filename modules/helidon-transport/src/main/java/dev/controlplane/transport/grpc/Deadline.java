package dev.controlplane.transport.grpc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time limit that a client sets to its call: {@code grpc-timeout} (gRPC over HTTP/2). */
final class Deadline {
  private static final int MOST_DIGITS = 8;

  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private Deadline() {}

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("gRPC deadlines").daemon().factory());
    // A server without deadlines has no thread for them, and one of a call that ended no memory.
    timer.setKeepAliveTime(10, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /**
   * Reads the header's value: one to eight digits and a unit.
   *
   * @return empty if it is malformed
   */
  static Optional<Duration> parse(String value) {
    int digits = value.length() - 1;
    if (digits < 1
        || digits > MOST_DIGITS
        || !value.chars().limit(digits).allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    long number = Long.parseLong(value, 0, digits, 10);
    return Optional.ofNullable(
        switch (value.charAt(digits)) {
          case 'H' -> Duration.ofHours(number);
          case 'M' -> Duration.ofMinutes(number);
          case 'S' -> Duration.ofSeconds(number);
          case 'm' -> Duration.ofMillis(number);
          case 'u' -> Duration.ofNanos(1000 * number);
          case 'n' -> Duration.ofNanos(number);
          default -> null;
        });
  }

  /** Runs a task on a virtual thread of its own when the time is over. */
  static Future<?> after(Duration timeout, Runnable task) {
    // 292 years are enough, and all that a long has of nanoseconds.
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    return TIMER.schedule(
        () -> Thread.ofVirtual().name("gRPC deadline").start(task), nanos, TimeUnit.NANOSECONDS);
  }
}
