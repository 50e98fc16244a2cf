package dev.controlplane.pprof.model;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The labels of a sample: texts, which people and scrapers group by, and numbers with units, such
 * as the size of an allocated object. Immutable.
 *
 * @since 0.1.0
 */
public final class LabelSet {
  /** No labels. */
  public static final LabelSet EMPTY = new LabelSet(Map.of());

  /**
   * The value of a numeric label. A record: the format has no more than a number and its unit.
   *
   * @param unit such as {@code bytes}; empty for a plain number
   * @since 0.1.0
   */
  public record Amount(long value, String unit) {
    public Amount {
      Objects.requireNonNull(unit, "unit");
    }
  }

  private final Map<String, String> pairs;
  private final Map<String, Amount> numbers;
  private final int hash;

  /** Labels with these keys and values. */
  public LabelSet(Map<String, String> pairs) {
    this(pairs, Map.of());
  }

  private LabelSet(Map<String, String> pairs, Map<String, Amount> numbers) {
    this.pairs = sorted(pairs);
    this.numbers = sorted(numbers);
    this.hash = pairs.hashCode() * 31 + numbers.hashCode();
  }

  private static <V> Map<String, V> sorted(Map<String, V> labels) {
    return labels.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(labels));
  }

  /** The texts, sorted by key. */
  public Map<String, String> pairs() {
    return pairs;
  }

  /** The numbers, sorted by key. */
  public Map<String, Amount> numbers() {
    return numbers;
  }

  /** Whether there is neither a text nor a number. */
  public boolean isEmpty() {
    return pairs.isEmpty() && numbers.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof LabelSet labels
            && hash == labels.hash
            && pairs.equals(labels.pairs)
            && numbers.equals(labels.numbers));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return numbers.isEmpty() ? compact() : compact() + numbers;
  }

  /** Returns these labels combined with those of another set, whose values win. */
  public LabelSet with(LabelSet other) {
    if (isEmpty()) {
      return other;
    }
    var merged = new TreeMap<>(pairs);
    merged.putAll(other.pairs);
    var mergedNumbers = new TreeMap<>(numbers);
    mergedNumbers.putAll(other.numbers);
    return new LabelSet(merged, mergedNumbers);
  }

  /**
   * Returns these labels with a numeric one more, or with another value for it.
   *
   * @param unit such as {@code bytes}; empty for a plain number
   */
  public LabelSet withNumber(String key, long value, String unit) {
    var more = new TreeMap<>(numbers);
    more.put(key, new Amount(value, unit));
    return new LabelSet(pairs, more);
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
    var escapedNumbers = new TreeMap<String, Amount>();
    numbers.forEach(
        (key, number) ->
            escapedNumbers.put(drawable(key), new Amount(number.value(), drawable(number.unit()))));
    return new LabelSet(escaped, escapedNumbers);
  }

  /** Whether the labels need no escaping for Graphviz. */
  public boolean isDrawable() {
    return pairs.entrySet().stream()
            .allMatch(pair -> isDrawable(pair.getKey()) && isDrawable(pair.getValue()))
        && numbers.entrySet().stream()
            .allMatch(pair -> isDrawable(pair.getKey()) && isDrawable(pair.getValue().unit()));
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

  /** The texts in {@code debug=1}: {@code {"k":"v", "k2":"v2"}} (runtime/pprof/label.go). */
  public String compact() {
    return text(":", GoQuote::append);
  }

  /** The texts in {@code debug=2}: {@code {"k": "v", "k2": "v2"}} (runtime/traceback.go). */
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
