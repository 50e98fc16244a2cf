package dev.controlplane.client.agent;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decides when to report a problem that occurs at every attempt: the first time, and then every few
 * minutes while it lasts. Alternating problems are reported no more often than a constant one. Not
 * thread-safe.
 */
final class LastingProblems {
  /** How often a lasting problem is reported. */
  static final Duration AGAIN = Duration.ofMinutes(3);

  /** The most different problems to remember. Beyond this number all count as new. */
  private static final int MOST = 100;

  private final LongSupplier nanoTime;
  private final Map<String, Long> told = new HashMap<>();

  LastingProblems() {
    this(System::nanoTime);
  }

  /** With a clock like {@link System#nanoTime}. */
  LastingProblems(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether to report a problem that has just occurred. */
  boolean isNews(String problem) {
    long now = nanoTime.getAsLong();
    Long last = told.get(problem);
    if (last != null && now - last < AGAIN.toNanos()) {
      return false;
    }
    if (told.size() >= MOST) {
      told.clear();
    }
    told.put(problem, now);
    return true;
  }

  /** Everything works: the next problem counts as new. */
  void forget() {
    told.clear();
  }
}
