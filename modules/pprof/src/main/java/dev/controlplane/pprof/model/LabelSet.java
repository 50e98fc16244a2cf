package dev.controlplane.pprof.model;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Labels of a goroutine, sorted by key. Immutable.
 *
 * @param pairs key, value, key, value …
 */
public record LabelSet(Map<String, String> pairs) {
  public static final LabelSet EMPTY = new LabelSet(new TreeMap<>());

  public boolean isEmpty() {
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
  public LabelSet with(LabelSet other) {
    if (isEmpty()) {
      return other;
    }
    var merged = new TreeMap<>(pairs);
    merged.putAll(other.pairs);
    return new LabelSet(merged);
  }

  /**
   * The same for the binary form. {@code go tool pprof} copies labels into its input for Graphviz
   * as they are (internal/graph/dotgraph.go, addNodelets): a quotation mark there ends the string,
   * and no picture of the whole profile can be drawn. So they are escaped as Graphviz wants it.
   */
  public LabelSet drawable() {
    if (isDrawable()) {
      return this;
    }
    var escaped = new TreeMap<String, String>();
    pairs.forEach((key, value) -> escaped.put(drawable(key), drawable(value)));
    return new LabelSet(escaped);
  }

  /** Whether a picture can be drawn of the labels as they are. */
  public boolean isDrawable() {
    return pairs.entrySet().stream()
        .allMatch(pair -> isDrawable(pair.getKey()) && isDrawable(pair.getValue()));
  }

  private static boolean isDrawable(String text) {
    return text.chars().noneMatch(c -> c == '"' || c == '\\' || c < ' ' || c == 0x7f);
  }

  private static String drawable(String text) {
    var escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> escaped.append('\\').append(c);
        // The picture is XML, which has no control characters.
        default -> escaped.append(c < ' ' || c == 0x7f ? '?' : c);
      }
    }
    return escaped.toString();
  }

  /** As {@code debug=1} has them: {@code {"k":"v", "k2":"v2"}} (runtime/pprof/label.go). */
  public String compact() {
    return text(":", GoQuote::append);
  }

  /** As {@code debug=2} has them: {@code {"k": "v", "k2": "v2"}} (runtime/traceback.go). */
  public String spaced() {
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
