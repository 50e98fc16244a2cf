package dev.controlplane.pprof.model;

/** Quotes text as Go does. */
final class GoQuote {
  private GoQuote() {}

  /** Quotes like {@code strconv.Quote} ({@code %q}). */
  static void append(StringBuilder out, String text) {
    out.append('"');
    text.codePoints().forEach(c -> append(out, c));
    out.append('"');
  }

  /** Quotes like stack dumps, in ASCII only (runtime/print.go, printquoted). */
  static void appendAscii(StringBuilder out, String text) {
    out.append('"');
    text.codePoints()
        .map(c -> isSurrogate(c) ? 0xfffd : c)
        .forEach(
            c -> {
              switch (c) {
                case '"', '\\' -> out.append('\\').append((char) c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c >= ' ' && c <= '~') {
                    out.append((char) c);
                  } else {
                    appendHex(out, c, c < ' ');
                  }
                }
              }
            });
    out.append('"');
  }

  private static boolean isSurrogate(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static void appendHex(StringBuilder out, int c, boolean isByte) {
    if (isByte) {
      out.append(String.format("\\x%02x", c));
    } else {
      out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
    }
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
        } else if (isSurrogate(c)) {
          out.append("\\ufffd"); // half a surrogate pair has no UTF-8 form
        } else {
          appendHex(out, c, c < ' ' || c == 0x7f);
        }
      }
    }
  }

  /** Go's definition: letters, marks, numbers, punctuation, symbols and the ASCII space. */
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
