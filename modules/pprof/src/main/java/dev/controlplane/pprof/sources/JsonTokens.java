package dev.controlplane.pprof.sources;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * A streaming tokenizer for JSON (RFC 8259), in constant memory. The {@link #last} text stays valid
 * until the next call.
 *
 * <p>Invalid input always causes a {@link DamagedException}, never another exception.
 */
abstract sealed class JsonTokens permits JsonScanner {
  /** The input ends too early or is not JSON from here on. */
  static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedException(String message) {
      super(message);
    }
  }

  /** The most bytes of a text. Longer texts are truncated. */
  static final int MAX_TEXT = 1 << 16;

  private static final int MAX_LITERAL = 64;

  private final InputStream in;
  private final byte[] buffer = new byte[MAX_TEXT * 4];
  private int position;
  private int limit;
  private long passed;

  private final JsonText text = new JsonText();

  JsonTokens(InputStream in) {
    this.in = in;
  }

  /** The number of bytes consumed. */
  long offset() {
    return passed + position;
  }

  /** Returns the next byte that is not white space, without consuming it; -1 at the end. */
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

  /**
   * Skips the byte order mark that some editors put before UTF-8; returns what {@link #peek} finds
   * after it.
   */
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

  /** The last text, number, true, false or null. */
  JsonText last() {
    return text;
  }

  /** Consumes this character, which must be the next one that is not white space. */
  void take(char expected) throws IOException {
    int next = peek();
    if (next != expected) {
      throw damaged("expected " + expected, next);
    }
    position++;
  }

  /** Consumes this character if it is the next one and already in the buffer. */
  boolean takeAtOnce(char expected) {
    if (position < limit && buffer[position] == expected) {
      position++;
      return true;
    }
    return false;
  }

  /** Consumes the byte that {@link #peek} returned. */
  void pass() {
    position++;
  }

  /** Consumes a quoted text. */
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
        // The part of the text that was read is now at the start of the buffer.
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
    text.set(bytes, start, i - 1, escaped, hash);
    position = i;
  }

  /** Truncates a long text and skips its rest. */
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
    text.set(beginning, 0, beginning.length, true, JsonText.hash(beginning));
  }

  /** Consumes a number, true, false or null, which becomes the {@link #last} text. */
  void takeLiteral() throws IOException {
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
    text.set(buffer, position, position + length, false, 0);
    position += length;
  }

  private static boolean isLiteral(byte b) {
    return (b >= '0' && b <= '9')
        || (b >= 'a' && b <= 'z')
        || b == '-'
        || b == '+'
        || b == '.'
        || b == 'E';
  }

  /**
   * Reads more bytes. Those from {@code keep} on move to the start of the buffer; those before are
   * dropped. Returns false at the end.
   */
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
