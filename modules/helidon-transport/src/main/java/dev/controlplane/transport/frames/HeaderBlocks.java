package dev.controlplane.transport.frames;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Joins a HEADERS frame and its CONTINUATION frames to one header block, and splits a header block
 * into frames. Padding and priority are dropped; Helidon ignores them anyway.
 */
public final class HeaderBlocks {
  /** The largest allowed header block, in bytes. A larger one counts as a flood. */
  public static final int MOST_BYTES = 256 << 10;

  private HeaderBlocks() {}

  /** The result of {@link #read}. */
  public sealed interface Result {
    /** A complete header block, without padding and priority. */
    @SuppressWarnings("ArrayRecordComponent")
    record Whole(byte[] block) implements Result {}

    /** The frames are malformed or a flood; the connection must end with this error code. */
    record Broken(int errorCode) implements Result {}
  }

  /**
   * Reads a header block.
   *
   * @param first the HEADERS frame
   * @param rest reads the given number of bytes after it
   * @param mostContinuations how many CONTINUATION frames may follow; more count as a flood
   */
  public static Result read(byte[] first, IntFunction<byte[]> rest, int mostContinuations) {
    int flags = Frames.flags(first, 0);
    int from = Frames.HEADER;
    int to = first.length;
    if ((flags & Frames.PADDED) != 0) {
      if (from == to) {
        return new Result.Broken(Frames.FRAME_SIZE_ERROR);
      }
      to -= first[from++] & 0xff;
    }
    if ((flags & Frames.PRIORITY) != 0) {
      from += 5;
    }
    if (from > to) {
      return new Result.Broken(Frames.PROTOCOL_ERROR);
    }
    if ((flags & Frames.END_HEADERS) != 0) {
      return new Result.Whole(Arrays.copyOfRange(first, from, to));
    }
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(first, from, to - from);
    for (int count = 1; ; count++) {
      byte[] header = rest.apply(Frames.HEADER);
      int length = Frames.length(header, 0);
      if (length > Frames.MAX_PAYLOAD) {
        return new Result.Broken(Frames.FRAME_SIZE_ERROR);
      }
      if (Frames.type(header, 0) != Frames.CONTINUATION
          || Frames.streamId(header, 0) != Frames.streamId(first, 0)) {
        return new Result.Broken(Frames.PROTOCOL_ERROR);
      }
      if (count > mostContinuations || block.size() + length > MOST_BYTES) {
        Flood.CONTINUATIONS.count();
        return new Result.Broken(Frames.ENHANCE_YOUR_CALM);
      }
      block.writeBytes(length == 0 ? new byte[0] : rest.apply(length));
      if ((Frames.flags(header, 0) & Frames.END_HEADERS) != 0) {
        return new Result.Whole(block.toByteArray());
      }
    }
  }

  /**
   * Encodes a header block as a HEADERS frame, followed by CONTINUATION frames if it does not fit
   * into one.
   */
  public static byte[] frames(int streamId, boolean endStream, byte[] block) {
    int count = Math.max(1, Math.ceilDiv(block.length, Frames.MAX_PAYLOAD));
    byte[] frames = new byte[block.length + count * Frames.HEADER];
    int to = 0;
    for (int i = 0; i < count; i++) {
      int from = i * Frames.MAX_PAYLOAD;
      int length = Math.min(Frames.MAX_PAYLOAD, block.length - from);
      int flags = i == count - 1 ? Frames.END_HEADERS : 0;
      if (i == 0 && endStream) {
        flags |= Frames.END_STREAM;
      }
      int type = i == 0 ? Frames.HEADERS : Frames.CONTINUATION;
      Frames.putHeader(frames, to, length, type, flags, streamId);
      System.arraycopy(block, from, frames, to + Frames.HEADER, length);
      to += Frames.HEADER + length;
    }
    return frames;
  }
}
