package dev.controlplane.pprof;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.threads.Roster;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Labels for the goroutines of a piece of work, like Go's {@code pprof.Do}. All forms of the
 * goroutine profile show them while the work runs.
 *
 * <pre>{@code
 * Labels.of("consumer", id).run(() -> serve(subscription));
 * }</pre>
 *
 * <ul>
 *   <li>Threads that the work starts inherit the labels for their whole life, however they are
 *       started. Exceptions: threads of a builder that inherits no thread locals, and threads of a
 *       pool that existed before.
 *   <li>Inheritance needs the JVM option {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 *       Without it, only threads that {@link Goroutines} starts inherit labels.
 *   <li>Nested labels are combined; for equal keys the innermost value wins.
 * </ul>
 *
 * @since 0.1.0
 */
public final class Labels {
  /**
   * Work that returns a value or throws.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  public interface Work<T, X extends Exception> {
    /** Does the work. */
    T call() throws X;
  }

  private final LabelSet labels;

  private Labels(LabelSet labels) {
    this.labels = labels;
  }

  /**
   * Creates labels from alternating keys and values.
   *
   * @throws IllegalArgumentException if a value is missing
   */
  public static Labels of(String... keysAndValues) {
    if (keysAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "labels come in pairs: key " + keysAndValues[keysAndValues.length - 1] + " has no value");
    }
    var pairs = new TreeMap<String, String>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      pairs.put(
          Objects.requireNonNull(keysAndValues[i], "label key"),
          Objects.requireNonNull(keysAndValues[i + 1], "label value"));
    }
    return new Labels(new LabelSet(pairs));
  }

  /** Runs work on this thread with these labels. */
  public void run(Runnable work) {
    Roster.labelled(
        labels,
        () -> {
          work.run();
          return null;
        });
  }

  /** Runs work on this thread with these labels and returns its result. */
  public <T, X extends Exception> T call(Work<T, X> work) throws X {
    return Roster.labelled(labels, work);
  }
}
