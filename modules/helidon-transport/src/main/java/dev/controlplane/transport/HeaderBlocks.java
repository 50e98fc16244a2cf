package dev.controlplane.transport;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Reads a HEADERS frame with all that belongs to it, and writes it again with indexed pseudo-header
 * names: see {@link PseudoHeaderNames}. Padding and priority, which Helidon ignores, are left out;
 * a block that came in CONTINUATION frames goes on in one frame if it fits.
 */
final class HeaderBlocks {
  /**
   * Larger blocks go to Helidon as they are, which refuses them: its limit for a header list is 8
   * KiB.
   */
  private static final int LARGEST = 256 << 10;

  private HeaderBlocks() {}

  /**
   * @param first a HEADERS frame
   * @param rest reads so many bytes of what follows
   */
  static byte[] normalize(byte[] first, IntFunction<byte[]> rest) {
    int flags = Frames.flags(first, 0);
    int from = Frames.HEADER;
    int to = first.length;
    if ((flags & Frames.PADDED) != 0) {
      if (from == to) {
        return first;
      }
      to -= first[from++] & 0xff;
    }
    if ((flags & Frames.PRIORITY) != 0) {
      from += 5;
    }
    if (from > to) {
      return first;
    }
    boolean whole = (flags & Frames.END_HEADERS) != 0;
    if (whole) {
      byte[] block = Arrays.copyOfRange(first, from, to);
      byte[] indexed = PseudoHeaderNames.indexed(block);
      return indexed.length == block.length ? first : frames(first, indexed);
    }

    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    raw.writeBytes(first);
    block.write(first, from, to - from);
    while (!whole && raw.size() < LARGEST) {
      byte[] header = rest.apply(Frames.HEADER);
      raw.writeBytes(header);
      int length = Frames.length(header, 0);
      if (length > Frames.MAX_PAYLOAD) {
        return raw.toByteArray();
      }
      byte[] payload = length == 0 ? new byte[0] : rest.apply(length);
      raw.writeBytes(payload);
      if (Frames.type(header, 0) != Frames.CONTINUATION
          || Frames.streamId(header, 0) != Frames.streamId(first, 0)) {
        return raw.toByteArray();
      }
      block.writeBytes(payload);
      whole = (Frames.flags(header, 0) & Frames.END_HEADERS) != 0;
    }
    return whole
        ? frames(first, PseudoHeaderNames.indexed(block.toByteArray()))
        : raw.toByteArray();
  }

  private static byte[] frames(byte[] first, byte[] block) {
    int count = Math.max(1, Math.ceilDiv(block.length, Frames.MAX_PAYLOAD));
    byte[] frames = new byte[block.length + count * Frames.HEADER];
    int endStream = Frames.flags(first, 0) & Frames.END_STREAM;
    int to = 0;
    for (int i = 0; i < count; i++) {
      int from = i * Frames.MAX_PAYLOAD;
      int length = Math.min(Frames.MAX_PAYLOAD, block.length - from);
      int end = i == count - 1 ? Frames.END_HEADERS : 0;
      Frames.putHeader(
          frames,
          to,
          length,
          i == 0 ? Frames.HEADERS : Frames.CONTINUATION,
          i == 0 ? endStream | end : end,
          Frames.streamId(first, 0));
      System.arraycopy(block, from, frames, to + Frames.HEADER, length);
      to += Frames.HEADER + length;
    }
    return frames;
  }
}
