package dev.controlplane.transport.hpack;

/**
 * Passes over the fields of a header block (RFC 7541, section 6). A block that is malformed throws
 * an {@link IndexOutOfBoundsException}.
 */
final class HeaderBlockReader {
  private final byte[] block;
  private int at;

  HeaderBlockReader(byte[] block) {
    this.block = block;
  }

  /** Where the next byte is. */
  int position() {
    return at;
  }

  boolean hasNext() {
    return at < block.length;
  }

  /** The next byte, which stays the next. */
  int peek() {
    return block[at] & 0xff;
  }

  /** Passes a string; says the length of its content (section 5.2). */
  int string() {
    int length = integer(7);
    if (length > block.length - at) {
      throw new IndexOutOfBoundsException(length);
    }
    at += length;
    return length;
  }

  /** Reads an integer with a prefix of so many bits (section 5.1). */
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
