package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;

/** A cache of frames by the bytes of their stack entries. */
final class FrameTexts {
  /** The most cached entries, and the most bytes of them. Further ones are parsed each time. */
  private static final int MAX_KNOWN = 1 << 18;

  private static final int MAX_BYTES = 1 << 25;

  private final JsonText last;
  private final FrameTable table;
  private final long room;
  private byte[][] texts = new byte[1 << 12][];
  private Frame[] known = new Frame[1 << 12];
  private int count;
  private int bytes;
  private long bad;
  private boolean crowded;

  /**
   * @param room bytes that the table may take
   */
  FrameTexts(JsonText last, FrameTable table, long room) {
    this.last = last;
    this.table = table;
    this.room = room;
  }

  /** Whether the last text was not looked at, because the table is full. */
  boolean crowded() {
    return crowded;
  }

  /** The number of stack entries that could not be parsed. */
  long bad() {
    return bad;
  }

  /**
   * Returns the frame of the scanner's last text; null if it is not a stack entry, or is new and
   * the table is full.
   */
  Frame frame() {
    crowded = false;
    int hash = last.hash();
    int slot = slot(hash);
    while (texts[slot] != null) {
      if (last.is(texts[slot])) {
        return known[slot];
      }
      slot = (slot + 1) & (texts.length - 1);
    }
    if (table.bytes() > room) {
      crowded = true;
      return null;
    }
    Frame frame = parse(last.string());
    if (frame == null) {
      bad++;
      return null;
    }
    if (count < MAX_KNOWN && bytes < MAX_BYTES) {
      texts[slot] = last.raw();
      bytes += texts[slot].length;
      known[slot] = frame;
      if (++count > texts.length / 2) {
        grow();
      }
    }
    return frame;
  }

  private int slot(int hash) {
    return (hash ^ hash >>> 15) & (texts.length - 1);
  }

  private void grow() {
    byte[][] oldTexts = texts;
    Frame[] oldKnown = known;
    texts = new byte[oldTexts.length * 2][];
    known = new Frame[texts.length];
    for (int i = 0; i < oldTexts.length; i++) {
      if (oldTexts[i] != null) {
        int slot = slot(JsonText.hash(oldTexts[i]));
        while (texts[slot] != null) {
          slot = (slot + 1) & (texts.length - 1);
        }
        texts[slot] = oldTexts[i];
        known[slot] = oldKnown[i];
      }
    }
  }

  /**
   * Parses {@code [loader/][module[@version]/]class.method(place)}, the format of
   * StackTraceElement.toString.
   */
  private Frame parse(String text) {
    int open = text.lastIndexOf('(');
    if (open < 0 || !text.endsWith(")")) {
      return null;
    }
    int dot = text.lastIndexOf('.', open);
    int start = text.lastIndexOf('/', dot) + 1;
    while (start > 0 && text.startsWith("0x", start)) { // a hidden class's name goes on here
      start = text.lastIndexOf('/', start - 2) + 1;
    }
    if (dot <= start || dot + 1 == open) {
      return null;
    }
    String className = text.substring(start, dot);
    String method = text.substring(dot + 1, open);
    String place = text.substring(open + 1, text.length() - 1);
    return switch (place) {
      case "Native Method" -> table.frame(className, method, null, -2);
      case "Unknown Source" -> table.frame(className, method, null, -1);
      default -> {
        int colon = place.lastIndexOf(':');
        int line = colon < 0 ? -1 : line(place, colon + 1);
        String file = line < 0 ? place : place.substring(0, colon);
        yield table.frame(className, method, file, line);
      }
    };
  }

  private static int line(String place, int from) {
    int length = place.length() - from;
    if (length == 0 || length > 6) {
      return -1;
    }
    int line = 0;
    for (int i = from; i < place.length(); i++) {
      int digit = place.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      line = line * 10 + digit;
    }
    return line;
  }
}
