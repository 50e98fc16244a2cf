package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;

/**
 * Full-sized buffers between two uses, for all connections of a process: in a burst each writes a
 * batch of tens of KiB every few milliseconds, and its writer ends in between.
 *
 * <p>They are held weakly. The next garbage collection takes what lies here, so a server with
 * nothing to write keeps none; while it writes, there are many batches to a collection.
 */
final class SpareBuffers {
  /** Bytes in each: as many as may wait for the socket, and the frame that goes over it. */
  static final int SIZE = FrameBuffer.ROOM + Frames.HEADER + Frames.MAX_PAYLOAD;

  /** How many are kept. More are in use only where more sockets are full than this. */
  private static final int MOST = 64;

  private WeakReference<ArrayDeque<byte[]>> spare = new WeakReference<>(null);

  /** A buffer of {@link #SIZE}; what is in it is of no meaning. */
  byte[] take() {
    byte[] buffer;
    synchronized (this) {
      ArrayDeque<byte[]> buffers = spare.get();
      buffer = buffers == null ? null : buffers.pollLast();
    }
    return buffer == null ? new byte[SIZE] : buffer;
  }

  /** Takes back a buffer that nobody reads or writes any more; one of another size is dropped. */
  synchronized void give(byte[] buffer) {
    if (buffer == null || buffer.length != SIZE) {
      return;
    }
    ArrayDeque<byte[]> buffers = spare.get();
    if (buffers == null) {
      buffers = new ArrayDeque<>(MOST);
      spare = new WeakReference<>(buffers);
    }
    if (buffers.size() < MOST) {
      buffers.addLast(buffer);
    }
  }
}
