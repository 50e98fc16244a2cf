package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.util.ArrayDeque;

/**
 * How much of which stream may go out: the client's windows (RFC 9113, section 5.2), and whose turn
 * it is. It knows no socket. Not thread-safe: {@link ConnectionOutput} guards it.
 *
 * <p>A stream with something to send is in a queue. Each turn is one frame of at most 16 KiB, with
 * all messages of the stream that fit; then the stream goes to the end of the queue. A stream whose
 * own window is used up leaves the queue until its window grows, so it holds up nobody.
 *
 * <p>Small messages (up to a quarter of the client's initial window) are never split: they start
 * only when the whole message fits. If a stalled stream must be ended, it therefore ends on a
 * message boundary.
 */
final class FlowControl {
  /** No SETTINGS_INITIAL_WINDOW_SIZE in a SETTINGS frame. */
  static final int UNCHANGED = -1;

  private final ArrayDeque<OpenStream> ready = new ArrayDeque<>();
  private long window = Frames.DEFAULT_WINDOW;
  private int initialWindow = Frames.DEFAULT_WINDOW;

  /** The initial window of each SETTINGS frame that has yet to be acknowledged. */
  private final ArrayDeque<Integer> unacknowledged = new ArrayDeque<>();

  /** DATA that Helidon took out of its own window of the connection, and has not got back. */
  private int takenByHelidon;

  /**
   * DATA came in: from now on Helidon has no say in how much the client may send on the connection.
   */
  private boolean inboundBegan;

  /** Where frames go. */
  interface Writer {
    /** Whether it takes another frame now. */
    boolean hasRoom();

    /** Takes the next {@code length} bytes of a stream. */
    void data(OpenStream stream, int length);
  }

  /** What a stream may send when it is opened. */
  int initialWindow() {
    return initialWindow;
  }

  /**
   * A SETTINGS frame came in. What it says holds from the frame on that acknowledges it: until then
   * the client counts as before, so a window that it raises must not be used, nor one that it then
   * lowers again.
   *
   * @param size SETTINGS_INITIAL_WINDOW_SIZE, or {@link #UNCHANGED}
   */
  void settingsReceived(int size) {
    unacknowledged.add(size);
  }

  /** Moves the window of each open stream (RFC 9113, 6.9.2). */
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
   * The client takes more on the connection.
   *
   * @return false if the window is larger than one may be
   */
  boolean connectionGrew(int increment) {
    window += increment;
    return window <= Frames.MAX_WINDOW;
  }

  /**
   * The client takes more on a stream.
   *
   * @return false if the window is larger than one may be
   */
  boolean streamGrew(OpenStream stream, int increment) {
    stream.window += increment;
    if (stream.window > Frames.MAX_WINDOW) {
      return false;
    }
    enqueue(stream);
    return true;
  }

  /** Queues a stream if it has something to send. */
  void enqueue(OpenStream stream) {
    if (!stream.queued && stream.remaining() > 0) {
      stream.queued = true;
      ready.add(stream);
    }
  }

  /** Sends of the queued streams, one frame of each in turn, for as long as there is room. */
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

  /** Helidon took so much out of the window that it has for the connection. */
  void takenByHelidon(int length) {
    takenByHelidon += length;
  }

  /** By how much that window shall grow now. */
  int giveBackToHelidon() {
    int back = takenByHelidon;
    takenByHelidon = 0;
    return back;
  }
}
