package dev.controlplane.transport.frames;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Rewrites the client's SETTINGS frames for Helidon: removes settings that Helidon does not know,
 * and the initial window size, which {@code ConnectionOutput} keeps.
 *
 * <p>A receiver must ignore unknown settings (RFC 9113, section 6.5.2). Helidon 4.5.0 ({@code
 * Http2Settings.create}) skips the identifier of an unknown setting but not its value, and misreads
 * the rest of the frame. gRPC's C core sends one (0xfe03).
 */
public final class KnownSettings {
  private static final int SETTING = 6;
  private static final int LAST_KNOWN = 6;
  private static final int HEADER_TABLE_SIZE = 1;
  private static final int INITIAL_WINDOW_SIZE = 4;

  private KnownSettings() {}

  public static boolean isMalformed(byte[] frame) {
    return (frame.length - Frames.HEADER) % SETTING != 0;
  }

  /** Returns the frame without unknown settings and without the initial window size. */
  public static byte[] forHelidon(byte[] frame) {
    byte[] known = new byte[frame.length];
    int to = Frames.HEADER;
    for (int at = Frames.HEADER; at < frame.length; at += SETTING) {
      int id = id(frame, at);
      if (id >= 1 && id <= LAST_KNOWN && id != INITIAL_WINDOW_SIZE) {
        System.arraycopy(frame, at, known, to, SETTING);
        to += SETTING;
      }
    }
    Frames.putHeader(known, 0, to - Frames.HEADER, Frames.SETTINGS, 0, 0);
    return Arrays.copyOf(known, to);
  }

  /**
   * Appends an initial window size to a client's first SETTINGS frame, and a WINDOW_UPDATE for the
   * connection behind it, both so large that Helidon never waits for a window.
   */
  public static byte[] withBoundlessWindows(byte[] frame) {
    byte[] connection = Frames.windowUpdate(0, Frames.HELIDONS_WINDOW - Frames.DEFAULT_WINDOW);
    byte[] both = Arrays.copyOf(frame, frame.length + SETTING + connection.length);
    int length = frame.length + SETTING - Frames.HEADER;
    Frames.putHeader(both, 0, length, Frames.SETTINGS, 0, 0);
    both[frame.length + 1] = INITIAL_WINDOW_SIZE;
    Frames.putInt32(both, frame.length + 2, Frames.HELIDONS_WINDOW);
    System.arraycopy(connection, 0, both, frame.length + SETTING, connection.length);
    return both;
  }

  /** The last SETTINGS_INITIAL_WINDOW_SIZE of a frame, in bytes; -1 if it has none. */
  public static long initialWindow(byte[] frame) {
    return values(frame, INITIAL_WINDOW_SIZE).reduce(-1, (before, last) -> last);
  }

  /** The smallest SETTINGS_HEADER_TABLE_SIZE of a frame, in bytes; empty if it has none. */
  public static OptionalLong headerTable(byte[] frame) {
    return values(frame, HEADER_TABLE_SIZE).min();
  }

  private static LongStream values(byte[] frame, int id) {
    return IntStream.range(0, (frame.length - Frames.HEADER) / SETTING)
        .map(setting -> Frames.HEADER + setting * SETTING)
        .filter(at -> id(frame, at) == id)
        .mapToLong(at -> Integer.toUnsignedLong(Frames.int32(frame, at + 2)));
  }

  private static int id(byte[] frame, int at) {
    return ((frame[at] & 0xff) << 8) | (frame[at + 1] & 0xff);
  }
}
