package dev.controlplane.pprof.tool;

import java.util.Locale;

/** Writes values with a unit of a fitting size, as {@code go tool pprof} does. */
final class Quantity {
  private record Step(String unit, double size) {}

  private static final Step[] TIMES = {
    new Step("hrs", 3600e9),
    new Step("mins", 60e9),
    new Step("s", 1e9),
    new Step("ms", 1e6),
    new Step("us", 1e3),
    new Step("ns", 1)
  };

  private static final Step[] SIZES = {
    new Step("PB", 1L << 50),
    new Step("TB", 1L << 40),
    new Step("GB", 1 << 30),
    new Step("MB", 1 << 20),
    new Step("kB", 1 << 10),
    new Step("B", 1)
  };

  private Quantity() {}

  static String text(long value, String unit) {
    return switch (unit) {
      case "nanoseconds" -> scaled(value, TIMES);
      case "bytes" -> scaled(value, SIZES);
      default -> Long.toString(value);
    };
  }

  /** A share of a total, as in {@code 12.34%}. */
  static String percent(long value, long total) {
    if (total == 0) {
      return "0%";
    }
    double percent = Math.abs((double) value / total) * 100;
    String sign = value < 0 ? "-" : "";
    if (percent >= 99.95) {
      return sign + String.format(Locale.ROOT, "%.0f%%", percent);
    }
    return sign
        + String.format(Locale.ROOT, percent >= 1 || percent == 0 ? "%.1f%%" : "%.2f%%", percent);
  }

  private static String scaled(long value, Step... steps) {
    if (value == 0) {
      return "0";
    }
    for (Step step : steps) {
      double shown = value / step.size;
      if (Math.abs(shown) >= 1) {
        String text = String.format(Locale.ROOT, "%.2f", shown);
        return (text.endsWith(".00") ? text.substring(0, text.length() - 3) : text) + step.unit;
      }
    }
    return Long.toString(value);
  }
}
