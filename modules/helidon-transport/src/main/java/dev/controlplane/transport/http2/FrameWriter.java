package dev.controlplane.transport.http2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.util.Optional;

/**
 * Writes waiting frames to the socket, on a virtual thread that runs only while there are frames.
 * No other thread waits for the socket, so neither a client that reads nothing nor an interrupt of
 * a sender harms the connection's other streams.
 */
final class FrameWriter {
  private final DataWriter socket;
  private final String name;
  private final Source source;

  /** The {@link System#nanoTime} at which the current write began; 0 if there is none. */
  private volatile long writingSince;

  /** The source of frames. */
  interface Source {
    /**
     * Returns the next batch; empty if there is none, which ends the writer's thread.
     *
     * @param spare the buffer of the last batch, to be filled again; null if there is none
     */
    Optional<FrameBuffer.Batch> next(byte[] spare);

    /** Reports that the socket failed. */
    void broke(String why);
  }

  /**
   * @param name of the thread, as profiles show it
   */
  FrameWriter(DataWriter socket, String name, Source source) {
    this.socket = socket;
    this.name = name;
    this.source = source;
  }

  /** Starts the thread. May be called again only after {@link Source#next} returned empty. */
  void start() {
    Thread.ofVirtual().name(name).inheritInheritableThreadLocals(false).start(this::write);
  }

  private void write() {
    byte[] spare = null;
    while (true) {
      FrameBuffer.Batch batch = source.next(spare).orElse(null);
      if (batch == null) {
        return;
      }
      writingSince = System.nanoTime();
      try {
        socket.writeNow(BufferData.create(batch.bytes(), 0, batch.length()));
      } catch (RuntimeException e) {
        source.broke("the connection broke: " + e.getMessage());
      }
      writingSince = 0;
      spare = batch.bytes().length > SpareBuffers.SIZE ? null : batch.bytes();
    }
  }

  /** Returns for how many nanoseconds the current write has been running; 0 if there is none. */
  long writingFor(long now) {
    long since = writingSince;
    return since == 0 ? 0 : now - since;
  }
}
