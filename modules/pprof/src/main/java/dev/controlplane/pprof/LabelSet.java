package dev.controlplane.pprof;

import java.util.Map;
import java.util.TreeMap;

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

  /** These labels with those of another set on top. */
  LabelSet with(LabelSet other) {
    if (isEmpty()) {
      return other;
    }
    var merged = new TreeMap<>(pairs);
    merged.putAll(other.pairs);
    return new LabelSet(merged);
  }

  /** As {@code debug=1} has them: {@code {"k":"v", "k2":"v2"}} (runtime/pprof, labelMap.String). */
  String compact() {
    return text(":");
  }

  /** As {@code debug=2} has them: {@code {"k": "v", "k2": "v2"}} (runtime, goroutineheader). */
  String spaced() {
    return text(": ");
  }

  private String text(String colon) {
    var text = new StringBuilder("{");
    pairs.forEach(
        (key, value) -> {
          if (text.length() > 1) {
            text.append(", ");
          }
          GoQuote.append(text, key);
          text.append(colon);
          GoQuote.append(text, value);
        });
    return text.append('}').toString();
  }
}
