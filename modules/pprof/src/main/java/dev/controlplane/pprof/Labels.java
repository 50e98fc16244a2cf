package dev.controlplane.pprof;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Roster;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Labels for the goroutines of a piece of work, as Go's {@code pprof.Do} sets them: they are in all
 * forms of the goroutine profile while the work runs. Threads started inside have them too, as long
 * as they live, however they are started; not those of a builder that inherits no thread locals,
 * nor threads of a pool that were there before. (Where {@code java.lang} is not open to this code,
 * those that {@link Goroutines} starts: start the JVM with {@code --add-opens
 * java.base/java.lang=ALL-UNNAMED}.) Labels set inside others are added to them; one value a key,
 * the innermost wins.
 *
 * <pre>{@code
 * Labels.of("consumer", id).run(() -> serve(subscription));
 * }</pre>
 */
public final class Labels {
  /** Work that returns a value or throws. */
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
   * Labels from keys and values in turn.
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

  /** Runs work on this thread under these labels. */
  public void run(Runnable work) {
    Roster.labelled(
        labels,
        () -> {
          work.run();
          return null;
        });
  }

  /** Runs work on this thread under these labels and returns what it returns. */
  public <T, X extends Exception> T call(Work<T, X> work) throws X {
    return Roster.labelled(labels, work);
  }
}
