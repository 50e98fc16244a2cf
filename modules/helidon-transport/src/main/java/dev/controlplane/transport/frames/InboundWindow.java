package dev.controlplane.transport.frames;

/**
 * The window that a client has for all its DATA on a connection.
 *
 * <p>Helidon 4.5.0 ({@code WindowSizeImpl.Bisection}) gives it back from the thread of each stream
 * and from that of the connection, and adds up what is not yet given back in a plain field: what
 * two threads add at once is lost, and what is given back while others add is given back by each of
 * them. So the client's window shrinks to nothing, or grows over the 2³¹ - 1 bytes that it may
 * have, which ends the connection. Here one thread counts. What came in is given back at once; a
 * stream that is not read is held back by its own window.
 */
public final class InboundWindow {
  /** So much comes in before it is given back: half of the smallest window. */
  private static final int BATCH = 32 << 10;

  private int received;

  /**
   * Counts a DATA frame, whoever it is for.
   *
   * @param length of its payload, padding included
   * @return how much to give back now
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
