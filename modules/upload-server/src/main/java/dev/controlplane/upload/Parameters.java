package dev.controlplane.upload;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Parses the parameters of a header value, such as {@code form-data; name="file"; filename="a"}, in
 * any order.
 *
 * <p>RFC 9110, section 5.6.4, escapes a quotation mark inside quotes as {@code \"}. Old clients
 * write backslashes unescaped, as in {@code filename="C:\"}. A value is first parsed as the
 * standard says and, if that fails, with literal backslashes.
 */
final class Parameters {
  private final String header;
  private final boolean escapes;
  private final Map<String, String> found = new LinkedHashMap<>();
  private int at;

  private Parameters(String header, boolean escapes) {
    this.header = header;
    this.escapes = escapes;
  }

  /**
   * Returns the parameters by lower-case name; the first one of equal names; an empty map if the
   * value is malformed.
   */
  static Map<String, String> parse(String header) {
    return new Parameters(header, true)
        .read()
        .or(() -> new Parameters(header, false).read())
        .orElse(Map.of());
  }

  private Optional<Map<String, String>> read() {
    at = header.indexOf(';');
    while (at >= 0 && at < header.length()) {
      at++; // the semicolon
      String name = until("=;\"").strip();
      if (at < header.length() && header.charAt(at) == '=') {
        at++;
        Optional<String> value = value();
        if (value.isEmpty()) {
          return Optional.empty();
        }
        found.putIfAbsent(name.toLowerCase(Locale.ROOT), value.get());
      }
      if (at < header.length() && header.charAt(at) != ';') {
        return Optional.empty();
      }
    }
    return Optional.of(found);
  }

  /** Parses a value with the blanks around it; empty if a quotation mark is misplaced. */
  private Optional<String> value() {
    String before = until(";\"");
    if (at == header.length() || header.charAt(at) == ';') {
      return Optional.of(before.strip());
    }
    at++; // the opening quotation mark
    StringBuilder value = new StringBuilder();
    for (; at < header.length() && header.charAt(at) != '"'; at++) {
      if (escapes && header.charAt(at) == '\\' && at + 1 < header.length()) {
        at++;
      }
      value.append(header.charAt(at));
    }
    boolean closed = at++ < header.length();
    boolean alone = closed && before.isBlank() && until(";").isBlank();
    return alone ? Optional.of(value.toString()) : Optional.empty();
  }

  private String until(String ends) {
    int start = at;
    while (at < header.length() && ends.indexOf(header.charAt(at)) < 0) {
      at++;
    }
    return header.substring(start, at);
  }
}
