package dev.controlplane.pprof.tool;

import java.nio.charset.StandardCharsets;

/**
 * Reads one message in the wire form of protocol buffers, field after field. Not thread-safe.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class WireReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final byte[] bytes;
  private int at;
  private final int end;
  private int field;
  private int type;

  WireReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private WireReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Goes on to the next field; returns its number, or 0 at the end. */
  int next() throws NotAProfileException {
    if (at == end) {
      return 0;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) tag & 7;
    if (field <= 0) {
      throw new NotAProfileException("there is no field " + field);
    }
    return field;
  }

  /** The value of the current field, a number. */
  long number() throws NotAProfileException {
    require(VARINT);
    return varint();
  }

  /** Adds the values of the current field, packed or not. */
  void numbers(LongList to) throws NotAProfileException {
    if (type != LENGTH) {
      to.add(number());
      return;
    }
    WireReader packed = message();
    while (packed.at < packed.end) {
      to.add(packed.varint());
    }
  }

  String text() throws NotAProfileException {
    WireReader text = message();
    return new String(bytes, text.at, text.end - text.at, StandardCharsets.UTF_8);
  }

  /** The value of the current field, a message. */
  WireReader message() throws NotAProfileException {
    require(LENGTH);
    int length = length();
    WireReader inner = new WireReader(bytes, at, at + length);
    at += length;
    return inner;
  }

  /** Passes over the current field. */
  void skip() throws NotAProfileException {
    switch (type) {
      case VARINT -> varint();
      case FIXED64 -> pass(8);
      case FIXED32 -> pass(4);
      case LENGTH -> pass(length());
      default -> throw new NotAProfileException("field " + field + " is odd");
    }
  }

  private void require(int expected) throws NotAProfileException {
    if (type != expected) {
      throw new NotAProfileException("field " + field + " has another type");
    }
  }

  private int length() throws NotAProfileException {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw cutOff();
    }
    return (int) length;
  }

  private void pass(int count) throws NotAProfileException {
    if (count > end - at) {
      throw cutOff();
    }
    at += count;
  }

  private long varint() throws NotAProfileException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw cutOff();
      }
      byte next = bytes[at++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new NotAProfileException("a number has more than 64 bits");
  }

  private static NotAProfileException cutOff() {
    return new NotAProfileException("it is cut off");
  }
}
