package dev.controlplane.transport.frames;

/**
 * Counts inbound DATA on one connection and says when to send a WINDOW_UPDATE for the connection's
 * window. Not thread-safe: only the connection's thread uses it.
 *
 * <p>The connection's window is returned as soon as bytes arrive. A stream that nobody reads is
 * held back by its own window.
 *
 * <p>Why not Helidon's: Helidon 4.5.0 ({@code WindowSizeImpl.Bisection}) returns the connection's
 * window from the threads of all streams and from that of the connection, and adds up the pending
 * bytes in a plain field. Concurrent additions get lost, and pending bytes may be returned twice.
 * The client's window then shrinks to nothing, or grows beyond the maximum of 2³¹ - 1 bytes, which
 * ends the connection.
 */
public final class InboundWindow {
  /** Bytes to receive before a WINDOW_UPDATE is sent: half of the smallest window. */
  private static final int BATCH = 32 << 10;

  private int received;

  /**
   * Counts a DATA frame, whichever stream it is for.
   *
   * @param length of its payload in bytes, padding included
   * @return the increment of the WINDOW_UPDATE to send now; 0 for none
   */
  public int received(int length) {
    received += length;
    if (received < BATCH) {
      return 0;
    }
    int back = received;
    received = 0;
    return back;
  }
}
