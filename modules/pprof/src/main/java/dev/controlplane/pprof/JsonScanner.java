package dev.controlplane.pprof;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes JSON (RFC 8259) apart as it streams by, in memory that doesn't grow with it. The last text
 * stays in the buffer until the next call, so that texts that were seen before cost no object.
 *
 * <p>Whatever is wrong with the input is a {@link DamagedException}, never another exception.
 */
final class JsonScanner {
  /** The input ended too early or is no JSON from here on. */
  static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedException(String message) {
      super(message);
    }
  }

  /** Longer texts keep their beginning. */
  static final int MAX_TEXT = 1 << 16;

  private static final int MAX_LITERAL = 64;

  private static final int MAX_NESTING = 512;

  private final InputStream in;
  private final byte[] buffer = new byte[MAX_TEXT * 4];
  private int position;
  private int limit;
  private long passed;

  private byte[] textBuffer = buffer;
  private int textStart;
  private int textEnd;
  private boolean textEscaped;
  private int textHash;

  JsonScanner(InputStream in) {
    this.in = in;
  }

  /** How many bytes were taken. */
  long offset() {
    return passed + position;
  }

  /** The next byte that isn't white space, which stays; -1 at the end. */
  int peek() throws IOException {
    while (true) {
      byte[] bytes = buffer;
      int end = limit;
      for (int i = position; i < end; i++) {
        byte b = bytes[i];
        if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
          position = i;
          return b & 0xff;
        }
      }
      position = end;
      if (!fill(end)) {
        return -1;
      }
    }
  }

  /** Takes the mark some editors put before UTF-8; returns what {@link #peek} finds after it. */
  int skipByteOrderMark() throws IOException {
    if (limit - position < 3) {
      fill(position);
    }
    if (limit - position >= 3
        && buffer[position + 1] == (byte) 0xbb
        && buffer[position + 2] == (byte) 0xbf) {
      position += 3;
    }
    return peek();
  }

  /** Takes this character, the next that isn't white space. */
  void take(char expected) throws IOException {
    int next = peek();
    if (next != expected) {
      throw damaged("expected " + expected, next);
    }
    position++;
  }

  /**
   * Takes what follows an entry of an object or array: true if that is another entry, false if it
   * is the end.
   */
  boolean takeMore(char end) throws IOException {
    int next = peek();
    if (next == ',') {
      position++;
      return true;
    }
    if (next == end) {
      position++;
      return false;
    }
    throw damaged("expected , or " + end, next);
  }

  /** Takes the beginning of an object or array; true if it has entries. */
  boolean takeOpen(char open, char end) throws IOException {
    take(open);
    if (peek() == end) {
      position++;
      return false;
    }
    return true;
  }

  /** Takes the name of an object's entry, and the colon. */
  void takeName() throws IOException {
    takeText();
    if (position < limit && buffer[position] == ':') {
      position++;
      return;
    }
    // White space before the colon, which no JVM writes: the name must survive reading on.
    textBuffer = rawText();
    textEnd -= textStart;
    textStart = 0;
    take(':');
  }

  /** Takes a text. */
  void takeText() throws IOException {
    int next = peek();
    if (next != '"') {
      throw damaged("expected \"", next);
    }
    byte[] bytes = buffer;
    int start = position + 1;
    int i = start;
    int end = limit;
    int hash = 0;
    boolean escaped = false;
    while (true) {
      if (i == end) {
        if (i - start > MAX_TEXT) {
          longText(start);
          return;
        }
        int shift = start;
        if (!fill(start)) {
          throw cutOff();
        }
        // What is read moves to the front.
        start = 0;
        i -= shift;
        end = limit;
        bytes = buffer;
        continue;
      }
      byte b = bytes[i++];
      if (b == '"') {
        break;
      }
      if (b == '\\') {
        escaped = true;
        if (i == end) {
          i--;
          int shift = start;
          if (!fill(start)) {
            throw cutOff();
          }
          start = 0;
          i -= shift;
          end = limit;
          bytes = buffer;
          if (i + 1 == end) {
            throw cutOff();
          }
          i++;
        }
        hash = hash * 31 + b;
        b = bytes[i++];
      } else if (b >= 0 && b < ' ') {
        position = i - 1;
        throw damaged("expected the rest of a text", b);
      }
      hash = hash * 31 + b;
    }
    textBuffer = bytes;
    textStart = start;
    textEnd = i - 1;
    textEscaped = escaped;
    textHash = hash;
    position = i;
  }

  /** The rest of a text that is too long is passed over. */
  private void longText(int start) throws IOException {
    byte[] beginning = Arrays.copyOfRange(buffer, start, start + MAX_TEXT);
    boolean escape = false;
    for (int i = start; i < limit; i++) {
      escape = buffer[i] == '\\' && !escape;
    }
    while (true) {
      if (!fill(limit)) {
        throw cutOff();
      }
      int i = position;
      for (; i < limit; i++) {
        byte b = buffer[i];
        if (b == '"' && !escape) {
          break;
        }
        escape = b == '\\' && !escape;
      }
      position = i;
      if (i < limit) {
        break;
      }
    }
    position++;
    textBuffer = beginning;
    textStart = 0;
    textEnd = beginning.length;
    textEscaped = true;
    textHash = hash(beginning);
  }

  /** The hash of a text as it is written. */
  static int hash(byte[] text) {
    int hash = 0;
    for (byte b : text) {
      hash = hash * 31 + b;
    }
    return hash;
  }

  /** Whether the last text is this one, which has ASCII letters alone. */
  boolean textIs(byte[] ascii) {
    return Arrays.equals(textBuffer, textStart, textEnd, ascii, 0, ascii.length);
  }

  /** A hash of the last text as it is written. */
  int textHash() {
    return textHash;
  }

  /** The last text as it is written, escapes and all. */
  byte[] rawText() {
    return Arrays.copyOfRange(textBuffer, textStart, textEnd);
  }

  /** The last text. */
  String text() {
    String raw = new String(textBuffer, textStart, textEnd - textStart, StandardCharsets.UTF_8);
    return textEscaped ? unescape(raw) : raw;
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

  /**
   * Takes a whole number, in quotes or without; null for {@code null} and for what isn't a whole
   * number of at most 18 digits.
   */
  Long takeNumber() throws IOException {
    if (peek() == '"') {
      takeText();
      return number(textStart, textEnd);
    }
    int start = literal();
    return number(start, position);
  }

  private Long number(int start, int end) {
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

  /** Takes true, false, null; whether it was true. */
  boolean takeFlag() throws IOException {
    if (peek() == '"') {
      takeText();
      return text().equals("true");
    }
    int start = literal();
    return buffer[start] == 't';
  }

  /** Takes any value. */
  void skip() throws IOException {
    int nesting = 0;
    var objects = new boolean[MAX_NESTING];
    while (true) {
      int next = peek();
      boolean object = next == '{';
      if (object || next == '[') {
        if (takeOpen((char) next, object ? '}' : ']')) {
          if (nesting == MAX_NESTING) {
            throw damaged("expected less than " + MAX_NESTING + " objects in each other", next);
          }
          objects[nesting++] = object;
          if (object) {
            takeName();
          }
          continue;
        }
      } else if (next == '"') {
        takeText();
      } else {
        literal();
      }
      while (true) {
        if (nesting == 0) {
          return;
        }
        boolean inObject = objects[nesting - 1];
        if (takeMore(inObject ? '}' : ']')) {
          if (inObject) {
            takeName();
          }
          break;
        }
        nesting--;
      }
    }
  }

  /** Takes a number, true, false or null; returns where it starts in the buffer. */
  private int literal() throws IOException {
    int next = peek();
    int length = 0;
    while (true) {
      while (position + length < limit && isLiteral(buffer[position + length])) {
        length++;
      }
      if (length > MAX_LITERAL) {
        throw damaged("expected a shorter number", next);
      }
      if (position + length < limit) {
        break;
      }
      if (!fill(position)) {
        throw cutOff();
      }
    }
    if (length == 0) {
      throw damaged("expected a value", next);
    }
    position += length;
    return position - length;
  }

  private static boolean isLiteral(byte b) {
    return (b >= '0' && b <= '9')
        || (b >= 'a' && b <= 'z')
        || b == '-'
        || b == '+'
        || b == '.'
        || b == 'E';
  }

  /** Reads on, keeping the bytes from {@code keep}, which move to the front; false at the end. */
  private boolean fill(int keep) throws IOException {
    if (keep > 0) {
      System.arraycopy(buffer, keep, buffer, 0, limit - keep);
      passed += keep;
      limit -= keep;
      position = Math.max(0, position - keep);
    }
    int count = in.read(buffer, limit, buffer.length - limit);
    if (count <= 0) {
      return false;
    }
    limit += count;
    return true;
  }

  private DamagedException cutOff() {
    return new DamagedException("it is cut off after " + (passed + limit) + " bytes");
  }

  DamagedException damaged(String expected, int found) {
    if (found < 0) {
      return cutOff();
    }
    String what =
        found > ' ' && found < 0x7f ? String.valueOf((char) found) : String.format("0x%02x", found);
    return new DamagedException(
        "it is damaged at byte " + offset() + ": " + expected + ", found " + what);
  }
}
