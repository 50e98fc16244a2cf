package dev.controlplane.client.agent;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decides when a problem is told that occurs at every try: the first time, and every few minutes
 * while it lasts. Problems that take turns are told no more often than one that stays. Of one
 * thread.
 */
final class LastingProblems {
  /** How often a problem that lasts is told. */
  static final Duration AGAIN = Duration.ofMinutes(3);

  /** Different problems that are remembered; with more, all of them are news again. */
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

  /** Whether the problem, which has just occurred, is to be told now. */
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

  /** All is well: the next problem is news. */
  void forget() {
    told.clear();
  }
}
