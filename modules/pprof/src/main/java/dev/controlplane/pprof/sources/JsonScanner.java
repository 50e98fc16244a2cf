package dev.controlplane.pprof.sources;

import java.io.IOException;
import java.io.InputStream;

/** A streaming scanner for JSON (RFC 8259): objects, arrays and their entries. */
final class JsonScanner extends JsonTokens {
  private static final int MAX_NESTING = 512;

  /** Consumes a value. */
  @FunctionalInterface
  interface Entry {
    void read() throws IOException;
  }

  JsonScanner(InputStream in) {
    super(in);
  }

  /** Consumes an object. The entry is called for each value, after its name was consumed. */
  void takeObject(Entry entry) throws IOException {
    if (takeOpen('{', '}')) {
      do {
        takeName();
        entry.read();
      } while (takeMore('}'));
    }
  }

  /** Consumes any value. If it is an array, each object in it is the element's to consume. */
  void takeObjects(Entry element) throws IOException {
    if (peek() != '[') {
      skip();
    } else if (takeOpen('[', ']')) {
      do {
        if (peek() == '{') {
          element.read();
        } else {
          skip();
        }
      } while (takeMore(']'));
    }
  }

  /** Consumes any value. Returns it if it is a text, otherwise an empty text. */
  String takeTextOrSkip() throws IOException {
    if (peek() != '"') {
      skip();
      return "";
    }
    takeText();
    return last().string();
  }

  /** Whether the next value is a text, number or the like. An object or array is consumed. */
  boolean skipUnlessScalar() throws IOException {
    int next = peek();
    if (next == '{' || next == '[') {
      skip();
      return false;
    }
    return true;
  }

  /**
   * Consumes what follows an entry of an object or array. Returns true for a comma, so another
   * entry follows, and false at the end.
   */
  boolean takeMore(char end) throws IOException {
    int next = peek();
    if (next == ',' || next == end) {
      pass();
      return next == ',';
    }
    throw damaged("expected , or " + end, next);
  }

  /** Consumes the start of an object or array; returns whether it has entries. */
  boolean takeOpen(char open, char end) throws IOException {
    take(open);
    if (peek() == end) {
      pass();
      return false;
    }
    return true;
  }

  /** Consumes the name of an object's entry, and the colon. */
  void takeName() throws IOException {
    takeText();
    if (!takeAtOnce(':')) {
      // White space before the colon, which no JVM writes.
      last().keep();
      take(':');
    }
  }

  /**
   * Consumes a whole number, quoted or not. Returns null for {@code null} and for anything but a
   * whole number of at most 18 digits.
   */
  Long takeNumber() throws IOException {
    if (peek() == '"') {
      takeText();
    } else {
      takeLiteral();
    }
    return last().number();
  }

  /** Consumes true, false or null, quoted or not; returns whether it was true. */
  boolean takeFlag() throws IOException {
    if (peek() == '"') {
      takeText();
      return last().string().equals("true");
    }
    takeLiteral();
    return last().begins('t');
  }

  /** Consumes any value. */
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
