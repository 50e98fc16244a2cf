package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The query parameters of a request, parsed like Go's {@code net/url.ParseQuery}, {@code
 * Request.FormValue}, {@code strconv.Atoi}, {@code strconv.ParseFloat} and {@code
 * strconv.ParseUint}.
 */
final class GoValues implements ProfileKind.Parameters {
  private static final Pattern ADDRESS =
      Pattern.compile("(?<prefix>0[xXbBoO]?_?)?(?<digits>[0-9a-fA-F]+(_[0-9a-fA-F]+)*)");

  private static final String DIGITS = "[0-9]+(_[0-9]+)*";
  private static final String HEX = "[0-9a-fA-F]+(_[0-9a-fA-F]+)*";

  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?((D(\\.D?)?|\\.D)([eE][+-]?D)?|0[xX]_?(H(\\.H?)?|\\.H)[pP][+-]?D)"
              .replace("D", DIGITS)
              .replace("H", HEX));

  private final Map<String, String> first = new LinkedHashMap<>();

  private GoValues() {}

  /**
   * Parses a raw query. A pair with a semicolon or an invalid escape is ignored. If a name appears
   * twice, the first value counts.
   */
  static GoValues parse(String rawQuery) {
    GoValues values = new GoValues();
    for (String pair : rawQuery.split("&", -1)) {
      if (pair.isEmpty() || pair.contains(";")) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      try {
        values.first.putIfAbsent(decode(name), decode(value));
      } catch (IllegalArgumentException e) {
        // Ignored, as in Go.
      }
    }
    return values;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  @Override
  public String text(String name) {
    return first.getOrDefault(name, "");
  }

  /**
   * A parameter as a number: 0 if it is not a number, the nearest limit if it is out of range. Like
   * Go's {@code n, _ := strconv.Atoi(text)}.
   */
  long atoi(String name) {
    String text = text(name);
    if (!isDecimal(text)) {
      return 0;
    }
    return parse64(text).orElse(text.startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE);
  }

  /**
   * A parameter as a number; empty if it is not a number or out of range. Like Go's {@code
   * strconv.ParseInt}.
   */
  OptionalLong integer(String name) {
    String text = text(name);
    return isDecimal(text) ? parse64(text) : OptionalLong.empty();
  }

  /**
   * A parameter as a number with a fraction; empty if it is not a number or out of range. Like Go's
   * {@code strconv.ParseFloat}, but {@code Inf} and {@code NaN} are no numbers.
   */
  OptionalDouble fraction(String name) {
    String text = text(name);
    if (!FLOAT.matcher(text).matches()) {
      return OptionalDouble.empty();
    }
    double value = Double.parseDouble(text.replace("_", ""));
    return Double.isInfinite(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static boolean isDecimal(String text) {
    int start = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
    return text.length() > start
        && text.chars().skip(start).allMatch(digit -> digit >= '0' && digit <= '9');
  }

  private static OptionalLong parse64(String decimal) {
    try {
      return OptionalLong.of(Long.parseLong(decimal));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * Parses an address such as {@code 0x1f}, {@code 0b11}, {@code 0o17}, {@code 017} or {@code 31},
   * with underscores between digits. Like Go's {@code strconv.ParseUint(text, 0, 64)}.
   *
   * @return 0 if it is invalid, or above 2^63-1, where this process has no addresses
   */
  static long address(String text) {
    Matcher matcher = ADDRESS.matcher(text);
    if (!matcher.matches()) {
      return 0;
    }
    int base =
        switch (Objects.requireNonNullElse(matcher.group("prefix"), "")
            .toLowerCase(Locale.ROOT)
            .replace("_", "")) {
          case "0x" -> 16;
          case "0b" -> 2;
          case "0", "0o" -> 8;
          default -> 10;
        };
    try {
      return Long.parseLong(matcher.group("digits").replace("_", ""), base);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
