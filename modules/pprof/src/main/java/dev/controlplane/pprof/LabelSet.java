package dev.controlplane.pprof;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Labels of a goroutine, sorted by key. Immutable.
 *
 * @param pairs key, value, key, value …
 */
record LabelSet(Map<String, String> pairs) {
  static final LabelSet EMPTY = new LabelSet(new TreeMap<>());

  boolean isEmpty() {
    return pairs.isEmpty();
  }

  // What the compiler makes for records takes a start ten milliseconds to link.
  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSet labels && pairs.equals(labels.pairs);
  }

  @Override
  public int hashCode() {
    return pairs.hashCode();
  }

  /** These labels with those of another set on top. */
  LabelSet with(LabelSet other) {
    if (isEmpty()) {
      return other;
    }
    var merged = new TreeMap<>(pairs);
    merged.putAll(other.pairs);
    return new LabelSet(merged);
  }

  /** As {@code debug=1} has them: {@code {"k":"v", "k2":"v2"}} (runtime/pprof/label.go). */
  String compact() {
    return text(":", GoQuote::append);
  }

  /** As {@code debug=2} has them: {@code {"k": "v", "k2": "v2"}} (runtime/traceback.go). */
  String spaced() {
    return text(": ", GoQuote::appendAscii);
  }

  private String text(String colon, BiConsumer<StringBuilder, String> quote) {
    var text = new StringBuilder("{");
    pairs.forEach(
        (key, value) -> {
          if (text.length() > 1) {
            text.append(", ");
          }
          quote.accept(text, key);
          text.append(colon);
          quote.accept(text, value);
        });
    return text.append('}').toString();
  }
}
