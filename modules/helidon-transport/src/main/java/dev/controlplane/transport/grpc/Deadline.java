package dev.controlplane.transport.grpc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The client's time limit for a call: parses {@code grpc-timeout} (gRPC over HTTP/2) and schedules
 * the timeout.
 */
final class Deadline {
  private static final int MOST_DIGITS = 8;

  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private Deadline() {}

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("gRPC deadlines").daemon().factory());
    // The timer's thread ends when there are no deadlines, and a cancelled deadline is removed at
    // once.
    timer.setKeepAliveTime(10, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /**
   * Parses {@code grpc-timeout}: one to eight digits and a unit.
   *
   * @return empty if the value is malformed
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

  /** Runs a task on a new virtual thread after the timeout. Cancel the result to stop that. */
  static Future<?> after(Duration timeout, Runnable task) {
    // Longer timeouts are capped at Long.MAX_VALUE nanoseconds, about 292 years.
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    return TIMER.schedule(
        () -> Thread.ofVirtual().name("gRPC deadline").start(task), nanos, TimeUnit.NANOSECONDS);
  }
}
