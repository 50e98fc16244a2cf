package dev.controlplane.pprof.model;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The labels of a goroutine. Immutable.
 *
 * @param pairs keys and values, sorted by key
 */
public record LabelSet(Map<String, String> pairs) {
  public static final LabelSet EMPTY = new LabelSet(new TreeMap<>());

  public boolean isEmpty() {
    return pairs.isEmpty();
  }

  // Written by hand: linking the methods that the compiler generates for records delays the start
  // by 10 ms.
  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSet labels && pairs.equals(labels.pairs);
  }

  @Override
  public int hashCode() {
    return pairs.hashCode();
  }

  /** Returns these labels combined with those of another set, whose values win. */
  public LabelSet with(LabelSet other) {
    if (isEmpty()) {
      return other;
    }
    var merged = new TreeMap<>(pairs);
    merged.putAll(other.pairs);
    return new LabelSet(merged);
  }

  /**
   * Returns the labels for the binary form, escaped for Graphviz. {@code go tool pprof} copies
   * labels into its Graphviz input unescaped (internal/graph/dotgraph.go, addNodelets): a quotation
   * mark would end the string, and no picture of the whole profile could be drawn.
   */
  public LabelSet drawable() {
    if (isDrawable()) {
      return this;
    }
    var escaped = new TreeMap<String, String>();
    pairs.forEach((key, value) -> escaped.put(drawable(key), drawable(value)));
    return new LabelSet(escaped);
  }

  /** Whether the labels need no escaping for Graphviz. */
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
        // The picture is XML, which does not allow control characters.
        default -> escaped.append(c < ' ' || c == 0x7f ? '?' : c);
      }
    }
    return escaped.toString();
  }

  /** The text in {@code debug=1}: {@code {"k":"v", "k2":"v2"}} (runtime/pprof/label.go). */
  public String compact() {
    return text(":", GoQuote::append);
  }

  /** The text in {@code debug=2}: {@code {"k": "v", "k2": "v2"}} (runtime/traceback.go). */
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
