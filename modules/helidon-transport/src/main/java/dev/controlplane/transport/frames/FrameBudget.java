package dev.controlplane.transport.frames;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * How many frames a client may send on one connection that carry nothing and cost something, and
 * how many of its streams may be reset: by itself (CVE-2023-44487) or by what it makes the server
 * do (CVE-2025-8671). Past it the client is sent away.
 */
public final class FrameBudget {
  /**
   * What a reset counts that the client made the server send by a fault: no client has reason to.
   */
  public static final int PROVOKED = 10;

  /** What a SETTINGS frame counts: each changes the windows of all streams. */
  private static final int SETTINGS_COST = 50;

  /** How many empty frames go with a frame that carries something, in or out. */
  private static final int PER_FRAME = 4;

  @GuardedBy("this")
  private final TokenBucket resets;

  @GuardedBy("this")
  private final TokenBucket emptyFrames;

  @GuardedBy("this")
  private boolean tooManyResets;

  /** DATA frames that had gone out when {@link #mayComeNow} was last asked. */
  @GuardedBy("this")
  private long dataFrames;

  public FrameBudget(FrameLimits limits) {
    resets = bucket(limits.resets());
    emptyFrames = bucket(limits.emptyFrames());
  }

  private static TokenBucket bucket(int perSecond) {
    return new TokenBucket((long) FrameLimits.AT_ONCE * perSecond, perSecond, System.nanoTime());
  }

  /** One reset more that the client sent. */
  public void resetReceived() {
    countReset(1);
  }

  /** One reset more that the server sends, with this error code. */
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
   * Whether a frame may come now: the connection had no more resets than a client has reason for,
   * and not too many frames that carry nothing.
   *
   * @param sent DATA frames that have gone out; the client may answer each with a WINDOW_UPDATE or
   *     two
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
