package dev.controlplane.transport.hpack;

/**
 * A cursor over the fields of an HPACK header block (RFC 7541, section 6) that skips strings
 * without decoding them. Throws {@link IndexOutOfBoundsException} if the block is malformed.
 */
final class HeaderBlockReader {
  private final byte[] block;
  private int at;

  HeaderBlockReader(byte[] block) {
    this.block = block;
  }

  /** The offset of the next byte. */
  int position() {
    return at;
  }

  boolean hasNext() {
    return at < block.length;
  }

  /** Returns the next byte without consuming it. */
  int peek() {
    return block[at] & 0xff;
  }

  /** Skips a string and returns the length of its content in bytes (section 5.2). */
  int string() {
    int length = integer(7);
    if (length > block.length - at) {
      throw new IndexOutOfBoundsException(length);
    }
    at += length;
    return length;
  }

  /** Reads an integer whose prefix has this many bits (section 5.1). */
  int integer(int bits) {
    int most = (1 << bits) - 1;
    int value = block[at++] & most;
    if (value < most) {
      return value;
    }
    for (int shift = 0; ; shift += 7) {
      int next = block[at++];
      long sum = value + ((long) (next & 0x7f) << shift);
      if (shift > 28 || sum > Integer.MAX_VALUE) {
        throw new IndexOutOfBoundsException("integer too large");
      }
      value = (int) sum;
      if (next >= 0) {
        return value;
      }
    }
  }
}
