package dev.controlplane.transport.frames;

/**
 * How many frames a client may send on one connection that cost something and carry nothing. Past a
 * limit the connection ends with ENHANCE_YOUR_CALM.
 *
 * @param resets of streams, a second, and ten times as many at once. One that the client makes the
 *     server send by a fault counts ten times.
 * @param emptyFrames PING, PRIORITY, WINDOW_UPDATE and empty DATA frames, a second, and ten times
 *     as many at once; a SETTINGS frame counts 50 times. Four more go with each frame that carries
 *     something.
 * @param continuations CONTINUATION frames of one header block
 */
public record FrameLimits(int resets, int emptyFrames, int continuations) {
  /** Fewer empty frames would not let a client begin, with a SETTINGS frame. */
  public static final int FEWEST_EMPTY_FRAMES = 10;

  /** How many seconds' worth may come at once. */
  static final int AT_ONCE = 10;

  /** 2,000 resets and 1,000 empty frames a second, 64 CONTINUATION frames. */
  public static final FrameLimits DEFAULTS = new FrameLimits(2_000, 1_000, 64);

  public FrameLimits {
    if (resets < 1 || emptyFrames < FEWEST_EMPTY_FRAMES || continuations < 1) {
      throw new IllegalArgumentException(
          "limits must be at least 1, %d and 1, not %d, %d and %d"
              .formatted(FEWEST_EMPTY_FRAMES, resets, emptyFrames, continuations));
    }
  }
}
