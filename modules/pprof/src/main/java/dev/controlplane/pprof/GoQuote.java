package dev.controlplane.pprof;

/** Text in double quotes as Go's {@code strconv.Quote} writes it ({@code %q}). */
final class GoQuote {
  private GoQuote() {}

  static void append(StringBuilder out, String text) {
    out.append('"');
    text.codePoints().forEach(c -> append(out, c));
    out.append('"');
  }

  private static void append(StringBuilder out, int c) {
    switch (c) {
      case '"', '\\' -> out.append('\\').append((char) c);
      case 0x07 -> out.append("\\a");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 0x0b -> out.append("\\v");
      default -> {
        if (printable(c)) {
          out.appendCodePoint(c);
        } else if (c < ' ' || c == 0x7f) {
          out.append(String.format("\\x%02x", c));
        } else if (c >= 0xd800 && c <= 0xdfff) {
          out.append("\\ufffd"); // Half a surrogate pair has no UTF-8 form.
        } else if (c < 0x10000) {
          out.append(String.format("\\u%04x", c));
        } else {
          out.append(String.format("\\U%08x", c));
        }
      }
    }
  }

  /** Letters, marks, numbers, punctuation, symbols, and of the spaces the ASCII one alone. */
  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.UNASSIGNED,
          Character.CONTROL,
          Character.FORMAT,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}
