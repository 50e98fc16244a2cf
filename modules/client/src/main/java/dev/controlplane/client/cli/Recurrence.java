package dev.controlplane.client.cli;

import java.time.Duration;
import java.util.function.Consumer;

/** Reports a lasting problem once, and then every few minutes. */
public final class Recurrence {
  private static final Duration TOLD_AGAIN = Duration.ofMinutes(3);

  private final Consumer<String> notes;
  private String last = "";
  private long lastAt;

  public Recurrence(Consumer<String> notes) {
    this.notes = notes;
  }

  public void tell(String problem) {
    long now = System.nanoTime();
    if (!problem.equals(last) || now - lastAt >= TOLD_AGAIN.toNanos()) {
      last = problem;
      lastAt = now;
      notes.accept(problem);
    }
  }

  /** The problem is over. If it comes back, it is reported again at once. */
  public void over() {
    last = "";
  }
}
