package dev.controlplane.transport.frames;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Rate limits for one connection: how many streams may be reset, and how many frames may arrive
 * that carry nothing but cost the server work. Once a limit is exceeded, {@link #mayComeNow}
 * returns false and the connection must be closed.
 *
 * <p>Both kinds of reset count: those that the client sends (CVE-2023-44487) and those that the
 * client provokes the server to send (CVE-2025-8671).
 *
 * <p>Thread-safe.
 */
public final class FrameBudget {
  /**
   * The cost of a reset that the server sends because of a client's protocol error. An honest
   * client never causes one.
   */
  public static final int PROVOKED = 10;

  /**
   * The cost of a SETTINGS frame. It is high because each one changes the windows of all streams.
   */
  private static final int SETTINGS_COST = 50;

  /** How many empty frames are allowed for each useful frame, in either direction. */
  private static final int PER_FRAME = 4;

  @GuardedBy("this")
  private final TokenBucket resets;

  @GuardedBy("this")
  private final TokenBucket emptyFrames;

  @GuardedBy("this")
  private boolean tooManyResets;

  /** The number of DATA frames that had been sent when {@link #mayComeNow} was last called. */
  @GuardedBy("this")
  private long dataFrames;

  public FrameBudget(FrameLimits limits) {
    resets = bucket(limits.resets());
    emptyFrames = bucket(limits.emptyFrames());
  }

  private static TokenBucket bucket(int perSecond) {
    return new TokenBucket((long) FrameLimits.AT_ONCE * perSecond, perSecond, System.nanoTime());
  }

  /** Counts a RST_STREAM frame that the client sent. */
  public void resetReceived() {
    countReset(1);
  }

  /** Counts a RST_STREAM frame that the server sends with this error code. */
  public void resetSent(int errorCode) {
    countReset(
        switch (errorCode) {
          case Frames.PROTOCOL_ERROR, Frames.FLOW_CONTROL_ERROR, Frames.STREAM_CLOSED -> PROVOKED;
          default -> 1;
        });
  }

  private synchronized void countReset(int cost) {
    tooManyResets |= !resets.take(cost, System.nanoTime());
  }

  /**
   * Counts a frame that has arrived, and checks both limits.
   *
   * @param sent DATA frames that the server has sent so far; the client may answer each with one or
   *     two WINDOW_UPDATE frames
   * @return false if the connection is over a limit and must be closed
   */
  public synchronized boolean mayComeNow(int type, int flags, int length, long sent) {
    if (tooManyResets) {
      Flood.RESETS.count();
      return false;
    }
    emptyFrames.give((sent - dataFrames) * PER_FRAME);
    dataFrames = sent;
    int cost =
        switch (type) {
          case Frames.HEADERS, Frames.RST_STREAM, Frames.GOAWAY -> 0;
          case Frames.DATA -> length > 0 || (flags & Frames.END_STREAM) != 0 ? 0 : 1;
          case Frames.SETTINGS -> (flags & Frames.ACK) != 0 ? 1 : SETTINGS_COST;
          default -> 1;
        };
    if (cost == 0) {
      emptyFrames.give(PER_FRAME);
      return true;
    }
    boolean mayCome = emptyFrames.take(cost, System.nanoTime());
    if (!mayCome) {
      Flood.EMPTY_FRAMES.count();
    }
    return mayCome;
  }
}
