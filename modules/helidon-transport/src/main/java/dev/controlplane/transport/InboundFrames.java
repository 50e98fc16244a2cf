package dev.controlplane.transport;

import io.helidon.common.buffers.DataReader;
import java.util.function.Supplier;

/**
 * What comes in on one connection, frame by frame, before Helidon sees it. Runs on the thread of
 * the connection.
 *
 * <ul>
 *   <li><b>Late frames.</b> A client that has reset a stream may still have sent DATA, RST_STREAM
 *       or WINDOW_UPDATE for it, and so may one whose cancel crossed our trailers. Helidon 4.5.0
 *       ({@code Http2Connection.stream}) takes a frame of a stream that it has dropped for one of a
 *       stream that never was, and ends the connection of all: "Stream 215 was never created and
 *       has lower ID than last". Such frames end here.
 *   <li><b>Graceful GOAWAY.</b> A client that will open no more streams says GOAWAY(NO_ERROR) and
 *       waits for those it has. Helidon ends them ({@code Http2Connection.goAwayFrame}). It does
 *       not hear of it; the client closes the connection when it is through.
 *   <li><b>Windows.</b> They are kept by {@link ConnectionOutput}. Helidon is told of windows that
 *       it never uses up, and hears of no change to them.
 *   <li>{@link PseudoHeaderNames}, {@link KnownSettings}, {@link RapidResets}, {@link
 *       InboundWindow}.
 * </ul>
 */
final class InboundFrames implements Supplier<byte[]> {
  private static final int PREFACE = 24;
  private static final byte[] DROPPED = {};

  private final DataReader socket;
  private final ConnectionOutput output;
  private final RapidResets resets = new RapidResets();
  private final InboundWindow window = new InboundWindow();
  private boolean prefaceRead;
  private boolean settingsRead;
  private int lastStreamId;

  /** When the thread of the connection last began to wait for bytes; 0 while it does not wait. */
  private volatile long waitingSince;

  InboundFrames(DataReader socket, ConnectionOutput output) {
    this.socket = socket;
    this.output = output;
  }

  /**
   * How long nothing has come in, in nanoseconds; 0 while the connection's thread is busy with what
   * came.
   */
  long silentFor(long now) {
    long since = waitingSince;
    return since == 0 ? 0 : now - since;
  }

  /** The next bytes for Helidon, whole frames after the preface; null at the end. */
  @Override
  public byte[] get() {
    try {
      if (!prefaceRead) {
        prefaceRead = true;
        return read(PREFACE);
      }
      byte[] frame;
      do {
        frame = forHelidon(read());
      } while (frame != null && frame.length == 0);
      return frame;
    } catch (DataReader.InsufficientDataAvailableException e) {
      return null;
    }
  }

  private byte[] read(int length) {
    while (socket.available() < length) {
      waitingSince = System.nanoTime() | 1;
      socket.pullData();
    }
    waitingSince = 0;
    return socket.readBytes(length);
  }

  private byte[] read() {
    byte[] header = read(Frames.HEADER);
    int length = Frames.length(header, 0);
    if (length == 0 || length > Frames.MAX_PAYLOAD) {
      return header;
    }
    byte[] payload = read(length);
    byte[] frame = new byte[Frames.HEADER + length];
    System.arraycopy(header, 0, frame, 0, Frames.HEADER);
    System.arraycopy(payload, 0, frame, Frames.HEADER, length);
    return frame;
  }

  private byte[] forHelidon(byte[] frame) {
    int length = Frames.length(frame, 0);
    if (frame.length != Frames.HEADER + length) {
      return frame;
    }
    int type = Frames.type(frame, 0);
    int flags = Frames.flags(frame, 0);
    int streamId = Frames.streamId(frame, 0);
    if (streamId == 0 && (type == Frames.DATA || type == Frames.RST_STREAM)) {
      return refuse(Frames.PROTOCOL_ERROR);
    }
    return switch (type) {
      case Frames.HEADERS -> {
        lastStreamId = Math.max(lastStreamId, streamId);
        output.headersReceived(streamId, (flags & Frames.END_STREAM) != 0);
        yield HeaderBlocks.normalize(frame, this::read);
      }
      case Frames.DATA -> {
        boolean padded = (flags & Frames.PADDED) != 0;
        if (padded && (length == 0 || (frame[Frames.HEADER] & 0xff) >= length)) {
          yield refuse(Frames.PROTOCOL_ERROR);
        }
        boolean open = output.dataReceived(streamId, (flags & Frames.END_STREAM) != 0);
        int back = window.received(length);
        if (back > 0) {
          output.control(Frames.windowUpdate(0, back));
        }
        yield open ? frame : DROPPED;
      }
      case Frames.RST_STREAM -> {
        if (resets.tooMany(System.nanoTime())) {
          yield refuse(Frames.ENHANCE_YOUR_CALM);
        }
        yield output.resetReceived(streamId) ? frame : DROPPED;
      }
      case Frames.WINDOW_UPDATE -> length == 4 ? windowUpdate(frame, streamId) : frame;
      case Frames.SETTINGS -> {
        if ((flags & Frames.ACK) != 0) {
          yield frame;
        }
        yield streamId != 0 || KnownSettings.isMalformed(frame) ? frame : settings(frame);
      }
      case Frames.PING -> (flags & Frames.ACK) != 0 ? DROPPED : frame;
      case Frames.GOAWAY -> {
        if (streamId != 0) {
          yield refuse(Frames.PROTOCOL_ERROR);
        }
        boolean graceful = length >= 8 && Frames.int32(frame, Frames.HEADER + 4) == Frames.NO_ERROR;
        yield graceful ? DROPPED : frame;
      }
      // Extensions; a receiver ignores those that it does not know (RFC 9113, section 5.5).
      default -> type > Frames.CONTINUATION ? DROPPED : frame;
    };
  }

  private byte[] settings(byte[] frame) {
    long initialWindow = KnownSettings.initialWindow(frame);
    if (initialWindow > Frames.MAX_WINDOW) {
      return refuse(Frames.FLOW_CONTROL_ERROR);
    }
    output.settingsReceived((int) initialWindow);
    byte[] known = KnownSettings.forHelidon(frame);
    if (settingsRead) {
      return known;
    }
    settingsRead = true;
    return KnownSettings.withBoundlessWindows(known);
  }

  private byte[] windowUpdate(byte[] frame, int streamId) {
    int increment = Frames.int32(frame, Frames.HEADER) & 0x7fff_ffff;
    if (streamId == 0) {
      if (increment == 0) {
        return refuse(Frames.PROTOCOL_ERROR);
      }
      long helidons = output.connectionWindowGrew(increment);
      if (helidons < 0) {
        return refuse(Frames.FLOW_CONTROL_ERROR);
      }
      return helidons == 0 ? DROPPED : Frames.windowUpdate(0, (int) helidons);
    }
    return switch (output.streamWindowGrew(streamId, increment)) {
      case TAKEN -> increment == 0 ? reset(streamId, Frames.PROTOCOL_ERROR) : DROPPED;
      case NEVER_OPENED -> frame;
      case TOO_LARGE -> reset(streamId, Frames.FLOW_CONTROL_ERROR);
    };
  }

  private byte[] reset(int streamId, int errorCode) {
    byte[] frame = Frames.reset(streamId, errorCode);
    output.control(frame);
    // Helidon's own stream has to go too.
    return output.resetReceived(streamId) ? frame : DROPPED;
  }

  /** Tells the client why, and ends the connection. */
  private byte[] refuse(int errorCode) {
    output.control(Frames.goAway(lastStreamId, errorCode));
    return null;
  }
}
