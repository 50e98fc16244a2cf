package dev.controlplane.transport.frames;

/**
 * The limits against floods on one connection. A client that exceeds one gets GOAWAY with
 * ENHANCE_YOUR_CALM.
 *
 * @param resets stream resets per second; a burst of ten times as many is allowed. A reset that the
 *     client provokes by a protocol error counts as ten.
 * @param emptyFrames PING, PRIORITY, WINDOW_UPDATE and empty DATA frames per second; a burst of ten
 *     times as many is allowed. A SETTINGS frame counts as 50. Each useful frame allows four more.
 * @param continuations CONTINUATION frames per header block
 */
public record FrameLimits(int resets, int emptyFrames, int continuations) {
  /**
   * The smallest allowed value of {@code emptyFrames}: with less, a client's first SETTINGS frame
   * would already exceed the limit.
   */
  public static final int FEWEST_EMPTY_FRAMES = 10;

  /** The size of a burst, in seconds' worth of the rate. */
  static final int AT_ONCE = 10;

  /** 2,000 resets and 1,000 empty frames per second, 64 CONTINUATION frames per header block. */
  public static final FrameLimits DEFAULTS = new FrameLimits(2_000, 1_000, 64);

  public FrameLimits {
    if (resets < 1 || emptyFrames < FEWEST_EMPTY_FRAMES || continuations < 1) {
      throw new IllegalArgumentException(
          "limits must be at least 1, %d and 1, not %d, %d and %d"
              .formatted(FEWEST_EMPTY_FRAMES, resets, emptyFrames, continuations));
    }
  }
}
