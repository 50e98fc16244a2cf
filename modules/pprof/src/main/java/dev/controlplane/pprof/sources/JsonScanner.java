package dev.controlplane.pprof.sources;

import java.io.IOException;
import java.io.InputStream;

/** Takes JSON (RFC 8259) apart as it streams by: objects, arrays and what is in them. */
final class JsonScanner extends JsonTokens {
  private static final int MAX_NESTING = 512;

  JsonScanner(InputStream in) {
    super(in);
  }

  /**
   * Takes what follows an entry of an object or array: true if that is another entry, false if it
   * is the end.
   */
  boolean takeMore(char end) throws IOException {
    int next = peek();
    if (next == ',' || next == end) {
      pass();
      return next == ',';
    }
    throw damaged("expected , or " + end, next);
  }

  /** Takes the beginning of an object or array; true if it has entries. */
  boolean takeOpen(char open, char end) throws IOException {
    take(open);
    if (peek() == end) {
      pass();
      return false;
    }
    return true;
  }

  /** Takes the name of an object's entry, and the colon. */
  void takeName() throws IOException {
    takeText();
    if (!takeAtOnce(':')) {
      // White space before the colon, which no JVM writes.
      last().keep();
      take(':');
    }
  }

  /**
   * Takes a whole number, in quotes or without; null for {@code null} and for what isn't a whole
   * number of at most 18 digits.
   */
  Long takeNumber() throws IOException {
    if (peek() == '"') {
      takeText();
    } else {
      takeLiteral();
    }
    return last().number();
  }

  /** Takes true, false, null; whether it was true. */
  boolean takeFlag() throws IOException {
    if (peek() == '"') {
      takeText();
      return last().string().equals("true");
    }
    takeLiteral();
    return last().begins('t');
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
        takeLiteral();
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
}
