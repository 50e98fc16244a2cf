package dev.controlplane.transport.http2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.util.Optional;

/**
 * Writes what waits to the socket, on a virtual thread that lives for as long as there is something
 * to write. Nobody else waits for the socket, so neither a client that reads nothing nor an
 * interrupt of a sender does harm to the connection's other streams.
 */
final class FrameWriter {
  private final DataWriter socket;
  private final String name;
  private final Source source;

  /** When the write that the socket is busy with began; 0 when there is none. */
  private volatile long writingSince;

  /** Where frames come from. */
  interface Source {
    /**
     * The next batch; empty if there is none, which ends the thread.
     *
     * @param spare the last batch's buffer, to be filled again; null if there is none
     */
    Optional<FrameBuffer.Batch> next(byte[] spare);

    /** The socket takes nothing more. */
    void broke(String why);
  }

  /**
   * @param name of the thread, for those who look at threads
   */
  FrameWriter(DataWriter socket, String name, Source source) {
    this.socket = socket;
    this.name = name;
    this.source = source;
  }

  /** Starts the thread; not before the one before has been told that there is nothing to write. */
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

  /** How long the socket has been busy with one write, in nanoseconds. */
  long writingFor(long now) {
    long since = writingSince;
    return since == 0 ? 0 : now - since;
  }
}
