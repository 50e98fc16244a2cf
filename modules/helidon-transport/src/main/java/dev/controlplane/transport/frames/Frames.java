package dev.controlplane.transport.frames;

/**
 * HTTP/2 frame layout: the types, flags, error codes and frames that this module reads and writes
 * (RFC 9113, sections 4.1, 6 and 7).
 */
public final class Frames {
  public static final int HEADER = 9;

  public static final int DATA = 0x0;
  public static final int HEADERS = 0x1;
  public static final int RST_STREAM = 0x3;
  public static final int SETTINGS = 0x4;
  public static final int PING = 0x6;
  public static final int GOAWAY = 0x7;
  public static final int WINDOW_UPDATE = 0x8;
  public static final int CONTINUATION = 0x9;

  public static final int ACK = 0x1;
  public static final int END_STREAM = 0x1;
  public static final int END_HEADERS = 0x4;
  public static final int PADDED = 0x8;
  public static final int PRIORITY = 0x20;

  public static final int NO_ERROR = 0x0;
  public static final int PROTOCOL_ERROR = 0x1;
  public static final int INTERNAL_ERROR = 0x2;
  public static final int FLOW_CONTROL_ERROR = 0x3;
  public static final int STREAM_CLOSED = 0x5;
  public static final int FRAME_SIZE_ERROR = 0x6;
  public static final int REFUSED_STREAM = 0x7;
  public static final int CANCEL = 0x8;
  public static final int COMPRESSION_ERROR = 0x9;
  public static final int ENHANCE_YOUR_CALM = 0xb;

  /** The size of a flow-control window before any SETTINGS frame, in bytes. */
  public static final int DEFAULT_WINDOW = 65_535;

  /** The largest allowed flow-control window, in bytes. */
  public static final long MAX_WINDOW = Integer.MAX_VALUE;

  /**
   * The window that this module announces to Helidon in the client's place, so that Helidon never
   * waits for a window. It leaves room below the maximum: Helidon subtracts a frame only after
   * writing it, and this module may give the bytes back before that.
   */
  static final int HELIDONS_WINDOW = Integer.MAX_VALUE - (64 << 20);

  /**
   * The largest payload that every peer must accept, in bytes. It is also Helidon's default limit.
   */
  public static final int MAX_PAYLOAD = 16_384;

  private Frames() {}

  public static int length(byte[] frame, int at) {
    return ((frame[at] & 0xff) << 16) | ((frame[at + 1] & 0xff) << 8) | (frame[at + 2] & 0xff);
  }

  public static int type(byte[] frame, int at) {
    return frame[at + 3] & 0xff;
  }

  public static int flags(byte[] frame, int at) {
    return frame[at + 4] & 0xff;
  }

  public static int streamId(byte[] frame, int at) {
    return int32(frame, at + 5) & 0x7fff_ffff;
  }

  public static int int32(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 24)
        | ((bytes[at + 1] & 0xff) << 16)
        | ((bytes[at + 2] & 0xff) << 8)
        | (bytes[at + 3] & 0xff);
  }

  public static void putInt32(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >> 24);
    bytes[at + 1] = (byte) (value >> 16);
    bytes[at + 2] = (byte) (value >> 8);
    bytes[at + 3] = (byte) value;
  }

  public static void putHeader(
      byte[] bytes, int at, int length, int type, int flags, int streamId) {
    bytes[at] = (byte) (length >> 16);
    bytes[at + 1] = (byte) (length >> 8);
    bytes[at + 2] = (byte) length;
    bytes[at + 3] = (byte) type;
    bytes[at + 4] = (byte) flags;
    putInt32(bytes, at + 5, streamId);
  }

  public static byte[] ping(long payload) {
    byte[] frame = new byte[HEADER + 8];
    putHeader(frame, 0, 8, PING, 0, 0);
    putInt32(frame, HEADER, (int) (payload >> 32));
    putInt32(frame, HEADER + 4, (int) payload);
    return frame;
  }

  public static byte[] windowUpdate(int streamId, int increment) {
    return withInt(WINDOW_UPDATE, streamId, increment);
  }

  public static byte[] reset(int streamId, int errorCode) {
    return withInt(RST_STREAM, streamId, errorCode);
  }

  /** An empty DATA frame with END_STREAM. */
  public static byte[] endOfStream(int streamId) {
    byte[] frame = new byte[HEADER];
    putHeader(frame, 0, 0, DATA, END_STREAM, streamId);
    return frame;
  }

  public static byte[] goAway(int lastStreamId, int errorCode) {
    byte[] frame = new byte[HEADER + 8];
    putHeader(frame, 0, 8, GOAWAY, 0, 0);
    putInt32(frame, HEADER, lastStreamId);
    putInt32(frame, HEADER + 4, errorCode);
    return frame;
  }

  /**
   * The number of bytes that a DATA frame carries without padding. The padding must be well-formed.
   */
  public static int dataLength(byte[] frame) {
    int length = frame.length - HEADER;
    return (flags(frame, 0) & PADDED) == 0 ? length : length - 1 - (frame[HEADER] & 0xff);
  }

  private static byte[] withInt(int type, int streamId, int value) {
    byte[] frame = new byte[HEADER + 4];
    putHeader(frame, 0, 4, type, 0, streamId);
    putInt32(frame, HEADER, value);
    return frame;
  }
}
