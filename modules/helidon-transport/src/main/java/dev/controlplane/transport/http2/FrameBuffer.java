package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import java.util.ArrayList;
import java.util.List;

/**
 * The frames that wait for the socket, as bytes. Not thread-safe: {@link ConnectionOutput} guards
 * it.
 *
 * <p>Inside a header block, which is a HEADERS frame and its CONTINUATION frames, nothing else may
 * go out (RFC 9113, section 4.3): there is no room for DATA then, and other frames wait for the end
 * of the block.
 */
final class FrameBuffer {
  /** How many bytes of DATA may wait for the socket. */
  static final int ROOM = 64 << 10;

  /** How many bytes of whatever may wait for the socket. */
  static final int MAX_PENDING = 4 << 20;

  private static final int SMALLEST_BUFFER = 512;

  /** Up to here, in bytes, a buffer is made anew; a larger one is shared with other connections. */
  private static final int SMALL_BUFFER = 4 << 10;

  private static final SpareBuffers SPARE = new SpareBuffers();

  private byte[] buffer;
  private int count;
  private int lastBatch = SMALLEST_BUFFER;
  private boolean headerBlockOpen;
  private final ArrayList<byte[]> behindHeaders = new ArrayList<>();

  /**
   * What one write takes.
   *
   * @param bytes of frames, from the start up to {@code length}
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Batch(byte[] bytes, int length) {}

  /** Whether DATA may be put in now. */
  boolean hasRoom() {
    return count < ROOM && !headerBlockOpen;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether a frame of this length would go over what may wait. */
  boolean isTooMuch(int payload) {
    return count + Frames.HEADER + payload > MAX_PENDING;
  }

  /** Puts in a whole frame that is no part of a header block. */
  void control(byte[] frame) {
    if (headerBlockOpen) {
      behindHeaders.add(frame);
      return;
    }
    reserve(frame.length);
    System.arraycopy(frame, 0, buffer, count, frame.length);
    count += frame.length;
  }

  /** Puts in the next bytes of a stream as a DATA frame. */
  void data(OpenStream stream, int length) {
    reserve(Frames.HEADER + length);
    stream.copyTo(buffer, count + Frames.HEADER, length);
    int flags = stream.ending && stream.remaining() == 0 ? Frames.END_STREAM : 0;
    Frames.putHeader(buffer, count, length, Frames.DATA, flags, stream.id);
    count += Frames.HEADER + length;
  }

  /** Puts in a frame that comes in two parts. */
  void append(byte[] header, BufferData payload) {
    int length = payload.available();
    reserve(header.length + length);
    System.arraycopy(header, 0, buffer, count, header.length);
    count += header.length;
    for (int end = count + length; count < end; ) {
      count += payload.read(buffer, count, end - count);
    }
  }

  /** Puts in a HEADERS or CONTINUATION frame. */
  void headerBlock(byte[] header, BufferData payload) {
    append(header, payload);
    headerBlockOpen = (Frames.flags(header, 0) & Frames.END_HEADERS) == 0;
    if (!headerBlockOpen && !behindHeaders.isEmpty()) {
      List<byte[]> frames = List.copyOf(behindHeaders);
      behindHeaders.clear();
      frames.forEach(this::control);
    }
  }

  /**
   * Takes all out.
   *
   * @param spare a buffer to fill next, which nobody else uses; may be null
   */
  Batch take(byte[] spare) {
    Batch batch = new Batch(buffer, count);
    lastBatch = Math.clamp(count, SMALLEST_BUFFER, SpareBuffers.SIZE);
    buffer = spare;
    count = 0;
    return batch;
  }

  /** Gives the memory back; what is in it goes nowhere. */
  void release(byte[] spare) {
    SPARE.give(buffer);
    SPARE.give(spare);
    buffer = null;
    count = 0;
  }

  /** Makes room for so many bytes more. */
  private void reserve(int length) {
    int needed = count + length;
    if (buffer == null) {
      buffer = bufferFor(Math.max(needed, lastBatch));
    } else if (buffer.length < needed) {
      byte[] larger = bufferFor(Math.max(needed, 2 * buffer.length));
      System.arraycopy(buffer, 0, larger, 0, count);
      SPARE.give(buffer);
      buffer = larger;
    }
  }

  private static byte[] bufferFor(int bytes) {
    return bytes > SMALL_BUFFER && bytes <= SpareBuffers.SIZE ? SPARE.take() : new byte[bytes];
  }
}
