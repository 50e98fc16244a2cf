package dev.controlplane.pprof.sources;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The text that the scanner consumed last. It refers to the scanner's buffer, so that known texts
 * need no object, and is invalid once more is consumed.
 */
final class JsonText {
  private byte[] buffer = {};
  private int start;
  private int end;
  private boolean escaped;
  private int hash;

  /** Refers to another text. */
  void set(byte[] in, int from, int to, boolean hasEscapes, int hashOfIt) {
    buffer = in;
    start = from;
    end = to;
    escaped = hasEscapes;
    hash = hashOfIt;
  }

  /** Computes the hash of a text in its escaped form. */
  static int hash(byte[] text) {
    int hash = 0;
    for (byte b : text) {
      hash = hash * 31 + b;
    }
    return hash;
  }

  /** Whether the text equals this ASCII text. */
  boolean is(byte[] ascii) {
    return Arrays.equals(buffer, start, end, ascii, 0, ascii.length);
  }

  /** The hash of the text in its escaped form. */
  int hash() {
    return hash;
  }

  /** A copy of the text in its escaped form. */
  byte[] raw() {
    return Arrays.copyOfRange(buffer, start, end);
  }

  /** The text, unescaped. */
  String string() {
    String raw = new String(buffer, start, end - start, StandardCharsets.UTF_8);
    return escaped ? unescape(raw) : raw;
  }

  /** The text as a whole number of at most 18 digits; null if it is not one. */
  Long number() {
    boolean negative = start < end && buffer[start] == '-';
    int first = negative ? start + 1 : start;
    if (first == end || end - first > 18) {
      return null;
    }
    long value = 0;
    for (int i = first; i < end; i++) {
      int digit = buffer[i] - '0';
      if (digit < 0 || digit > 9) {
        return null;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  /** Whether the text begins with this character. */
  boolean begins(char first) {
    return start < end && buffer[start] == first;
  }

  /** Copies the text, so that it stays valid when more is consumed. */
  void keep() {
    buffer = raw();
    end -= start;
    start = 0;
  }

  private static String unescape(String raw) {
    var text = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\' || i + 1 == raw.length()) {
        text.append(c);
        continue;
      }
      char escape = raw.charAt(++i);
      switch (escape) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          int code = i + 5 <= raw.length() ? hex(raw, i + 1) : -1;
          if (code >= 0) {
            text.append((char) code);
            i += 4;
          } else {
            text.append('\ufffd');
          }
        }
        default -> text.append(escape);
      }
    }
    return text.toString();
  }

  private static int hex(String text, int from) {
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0) {
        return -1;
      }
      value = value * 16 + digit;
    }
    return value;
  }
}
