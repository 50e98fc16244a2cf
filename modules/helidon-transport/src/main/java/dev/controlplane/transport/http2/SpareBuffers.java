package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;

/**
 * A pool of full-sized buffers that all connections of a process share. In a burst each connection
 * writes tens of KiB every few milliseconds, and its writer ends in between.
 *
 * <p>The pool is held by a weak reference, so the next garbage collection frees it. A server that
 * writes nothing keeps no buffers; a server that writes reuses them many times between collections.
 * Thread-safe.
 */
final class SpareBuffers {
  /** The size of each buffer in bytes: what may wait for the socket, and one more frame. */
  static final int SIZE = FrameBuffer.ROOM + Frames.HEADER + Frames.MAX_PAYLOAD;

  /** The most buffers in the pool. */
  private static final int MOST = 64;

  private WeakReference<ArrayDeque<byte[]>> spare = new WeakReference<>(null);

  /** Returns a buffer of {@link #SIZE} bytes with arbitrary content. */
  byte[] take() {
    byte[] buffer;
    synchronized (this) {
      ArrayDeque<byte[]> buffers = spare.get();
      buffer = buffers == null ? null : buffers.pollLast();
    }
    return buffer == null ? new byte[SIZE] : buffer;
  }

  /** Returns a buffer that nobody uses any more. A buffer of another size is dropped. */
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
