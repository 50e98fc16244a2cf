package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.util.ArrayDeque;

/**
 * The client's flow-control windows (RFC 9113, section 5.2), and the queue of streams that have
 * something to send. It does no I/O. Not thread-safe: {@link ConnectionOutput} guards it.
 *
 * <p>Each turn sends one frame of at most 16 KiB with all messages of the stream that fit; then the
 * stream goes to the end of the queue. A stream whose own window is used up leaves the queue until
 * its window grows, so it blocks no other.
 *
 * <p>Small messages (up to a quarter of the client's initial window) are never split: they start
 * only when the whole message fits. If a stalled stream must be ended, it therefore ends on a
 * message boundary.
 */
final class FlowControl {
  /** Stands for a SETTINGS frame without SETTINGS_INITIAL_WINDOW_SIZE. */
  static final int UNCHANGED = -1;

  private final ArrayDeque<OpenStream> ready = new ArrayDeque<>();
  private long window = Frames.DEFAULT_WINDOW;
  private int initialWindow = Frames.DEFAULT_WINDOW;

  /** The initial window of each SETTINGS frame that is not acknowledged yet, in order. */
  private final ArrayDeque<Integer> unacknowledged = new ArrayDeque<>();

  /**
   * Bytes of DATA that Helidon subtracted from its own copy of the connection's window, and that
   * were not returned to it.
   */
  private int takenByHelidon;

  /**
   * DATA has arrived. From then on InboundWindow, not Helidon, sends the WINDOW_UPDATEs of the
   * connection.
   */
  private boolean inboundBegan;

  /** The destination of DATA frames. */
  interface Writer {
    /** Whether it accepts another frame now. */
    boolean hasRoom();

    /** Sends the next {@code length} bytes of a stream. */
    void data(OpenStream stream, int length);
  }

  /** The window of a newly opened stream, in bytes. */
  int initialWindow() {
    return initialWindow;
  }

  /**
   * Notes a SETTINGS frame. It takes effect when it is acknowledged: until then the client counts
   * with the old window, so a larger one must not be used yet, nor one that the client lowers again
   * meanwhile.
   *
   * @param size SETTINGS_INITIAL_WINDOW_SIZE, or {@link #UNCHANGED}
   */
  void settingsReceived(int size) {
    unacknowledged.add(size);
  }

  /**
   * Applies the oldest unacknowledged SETTINGS frame to the window of each open stream (RFC 9113,
   * section 6.9.2).
   */
  void settingsAcknowledged(Iterable<OpenStream> streams) {
    Integer size = unacknowledged.poll();
    if (size == null || size == UNCHANGED) {
      return;
    }
    long change = (long) size - initialWindow;
    initialWindow = size;
    for (OpenStream stream : streams) {
      stream.window += change;
      enqueue(stream);
    }
  }

  /**
   * Increases the connection's window.
   *
   * @return false if it now exceeds the maximum
   */
  boolean connectionGrew(int increment) {
    window += increment;
    return window <= Frames.MAX_WINDOW;
  }

  /**
   * Increases a stream's window.
   *
   * @return false if it now exceeds the maximum
   */
  boolean streamGrew(OpenStream stream, int increment) {
    stream.window += increment;
    if (stream.window > Frames.MAX_WINDOW) {
      return false;
    }
    enqueue(stream);
    return true;
  }

  /** Puts a stream into the queue if it has something to send. */
  void enqueue(OpenStream stream) {
    if (!stream.queued && stream.remaining() > 0) {
      stream.queued = true;
      ready.add(stream);
    }
  }

  /** Sends frames of the queued streams in turn while the window and the writer have room. */
  void distribute(Writer writer) {
    while (window > 0 && writer.hasRoom()) {
      OpenStream stream = ready.poll();
      if (stream == null) {
        return;
      }
      stream.queued = false;
      long most = Math.min(window, Frames.MAX_PAYLOAD);
      int length = (int) Math.min(most, stream.sendable(Math.max(1, initialWindow / 4)));
      if (length > 0 && !stream.gone) {
        stream.window -= length;
        window -= length;
        writer.data(stream, length);
        enqueue(stream);
      }
    }
  }

  void clear() {
    ready.clear();
  }

  void inboundBegan() {
    inboundBegan = true;
  }

  boolean hasInboundBegun() {
    return inboundBegan;
  }

  /** Helidon has subtracted this much from its copy of the connection's window. */
  void takenByHelidon(int length) {
    takenByHelidon += length;
  }

  /** Returns by how much Helidon's copy of the connection's window must grow now. */
  int giveBackToHelidon() {
    int back = takenByHelidon;
    takenByHelidon = 0;
    return back;
  }
}
