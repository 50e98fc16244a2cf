package dev.controlplane.streams;

import java.util.Arrays;

/**
 * Leaves settings that Helidon does not know out of a SETTINGS frame.
 *
 * <p>A receiver must ignore them (RFC 9113, section 6.5.2). Helidon 4.5.0 ({@code
 * Http2Settings.create}) skips the identifier of an unknown setting but not its value, and reads
 * the rest of the frame from the wrong place. gRPC's C core sends one (0xfe03).
 */
final class KnownSettings {
  private static final int SETTING = 6;
  private static final int LAST_KNOWN = 6;
  private static final int INITIAL_WINDOW_SIZE = 4;

  private KnownSettings() {}

  /** Returns the frame without unknown settings; the same one if it has none or is malformed. */
  static byte[] only(byte[] frame) {
    if ((frame.length - Frames.HEADER) % SETTING != 0) {
      return frame;
    }
    byte[] known = new byte[frame.length];
    int to = Frames.HEADER;
    for (int at = Frames.HEADER; at < frame.length; at += SETTING) {
      int id = id(frame, at);
      if (id >= 1 && id <= LAST_KNOWN) {
        System.arraycopy(frame, at, known, to, SETTING);
        to += SETTING;
      }
    }
    if (to == frame.length) {
      return frame;
    }
    Frames.putHeader(known, 0, to - Frames.HEADER, Frames.SETTINGS, Frames.flags(frame, 0), 0);
    return Arrays.copyOf(known, to);
  }

  /**
   * The initial window that a frame of known settings sets, or -1 if it sets none that is allowed.
   */
  static int initialWindow(byte[] frame) {
    int size = -1;
    for (int at = Frames.HEADER; at + SETTING <= frame.length; at += SETTING) {
      if (id(frame, at) == INITIAL_WINDOW_SIZE) {
        size = Frames.int32(frame, at + 2);
      }
    }
    return size;
  }

  private static int id(byte[] frame, int at) {
    return ((frame[at] & 0xff) << 8) | (frame[at + 1] & 0xff);
  }
}
