package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoded frames that wait for the socket. Not thread-safe: {@link ConnectionOutput} guards it.
 *
 * <p>No other frame may come between a HEADERS frame and its CONTINUATION frames (RFC 9113, section
 * 4.3). Until the block is complete, the buffer accepts no DATA, and keeps other frames back.
 */
final class FrameBuffer {
  /** The buffer accepts DATA while it holds fewer bytes than this. */
  static final int ROOM = 64 << 10;

  /** The most bytes of frames of any kind that may wait for the socket. */
  static final int MAX_PENDING = 4 << 20;

  private static final int SMALLEST_BUFFER = 512;

  /**
   * Buffers up to this size, in bytes, are allocated; larger ones come from the pool that all
   * connections share.
   */
  private static final int SMALL_BUFFER = 4 << 10;

  private static final SpareBuffers SPARE = new SpareBuffers();

  private byte[] buffer;
  private int count;
  private int lastBatch = SMALLEST_BUFFER;
  private boolean headerBlockOpen;
  private final ArrayList<byte[]> behindHeaders = new ArrayList<>();

  /**
   * What one write sends.
   *
   * @param bytes of frames, from the start up to {@code length}
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Batch(byte[] bytes, int length) {}

  /** Whether a DATA frame may be added now. */
  boolean hasRoom() {
    return count < ROOM && !headerBlockOpen;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether a frame with this payload would exceed {@link #MAX_PENDING}. */
  boolean isTooMuch(int payload) {
    return count + Frames.HEADER + payload > MAX_PENDING;
  }

  /** Adds a complete frame that is not part of a header block. */
  void control(byte[] frame) {
    if (headerBlockOpen) {
      behindHeaders.add(frame);
      return;
    }
    reserve(frame.length);
    System.arraycopy(frame, 0, buffer, count, frame.length);
    count += frame.length;
  }

  /** Adds the next bytes of a stream as a DATA frame. */
  void data(OpenStream stream, int length) {
    reserve(Frames.HEADER + length);
    stream.copyTo(buffer, count + Frames.HEADER, length);
    int flags = stream.ending && stream.remaining() == 0 ? Frames.END_STREAM : 0;
    Frames.putHeader(buffer, count, length, Frames.DATA, flags, stream.id);
    count += Frames.HEADER + length;
  }

  /** Adds a frame given as header and payload. */
  void append(byte[] header, BufferData payload) {
    int length = payload.available();
    reserve(header.length + length);
    System.arraycopy(header, 0, buffer, count, header.length);
    count += header.length;
    for (int end = count + length; count < end; ) {
      count += payload.read(buffer, count, end - count);
    }
  }

  /** Adds a HEADERS or CONTINUATION frame. */
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
   * Takes everything out.
   *
   * @param spare the buffer to fill next, which nobody else uses; may be null
   */
  Batch take(byte[] spare) {
    Batch batch = new Batch(buffer, count);
    lastBatch = Math.clamp(count, SMALLEST_BUFFER, SpareBuffers.SIZE);
    buffer = spare;
    count = 0;
    return batch;
  }

  /** Returns the buffers to the pool and discards their content. */
  void release(byte[] spare) {
    SPARE.give(buffer);
    SPARE.give(spare);
    buffer = null;
    count = 0;
  }

  /** Ensures that this many more bytes fit. */
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
