package dev.controlplane.transport;

import io.helidon.common.buffers.DataReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
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
 *   <li><b>Floods.</b> Frames that carry nothing, and resets, have a budget; past it the client
 *       gets GOAWAY with ENHANCE_YOUR_CALM. Helidon counts every cancelled gRPC stream as a "rapid"
 *       reset ({@code Http2ServerStream.rstStream}), and the 51st in 10 s ends the connection of
 *       all; its count is off ({@code max-rapid-resets: -1}).
 *   <li>{@link PseudoHeaderNames}, {@link KnownSettings}, {@link InboundWindow}.
 * </ul>
 */
final class InboundFrames implements Supplier<byte[]> {
  private static final int PREFACE = 24;
  private static final byte[] DROPPED = {};

  /** Frames that carry nothing: so many at once, and a second after that. */
  static final int EMPTY_FRAMES = 10_000;

  private static final int EMPTY_FRAMES_A_SECOND = 1_000;

  /** What a SETTINGS frame counts: each changes the windows of all streams. */
  private static final int SETTINGS_COST = 50;

  /** How many of these frames go with a frame that carries something, in or out. */
  private static final int PER_FRAME = 4;

  /** What a client that refuses to speak HTTP/2 may still send before the connection closes. */
  private static final int MOST_AFTER_REFUSAL = 64 << 10;

  /** How long a client that is sent away may take to read why. */
  private static final long LAST_FRAMES = TimeUnit.MILLISECONDS.toNanos(500);

  private static final byte[] FIRST_LINE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final DataReader socket;
  private final ConnectionOutput output;
  private final TokenBucket emptyFrames =
      new TokenBucket(EMPTY_FRAMES, EMPTY_FRAMES_A_SECOND, System.nanoTime());
  private long dataFrames;
  private final InboundWindow window = new InboundWindow();
  private boolean prefaceRead;
  private boolean settingsRead;
  private int lastStreamId;

  /** When the preface, or the frame or header block that is being read, began; 0 between them. */
  private volatile long beganAt = System.nanoTime() | 1;

  /** When the client was sent away; 0 while it is welcome. */
  private volatile long sentAwayAt;

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

  /**
   * How long the preface, a frame other than DATA or a header block has been on its way, in
   * nanoseconds; 0 while there is none.
   */
  long unfinishedFor(long now) {
    long began = beganAt;
    return began == 0 ? 0 : now - began;
  }

  /**
   * Waits for what every connection of HTTP/2 begins with (RFC 9113, section 3.4).
   *
   * @return false as soon as it is something else
   * @throws DataReader.InsufficientDataAvailableException if the client leaves before
   */
  boolean awaitPreface() {
    for (int length = 1; length <= PREFACE; length++) {
      if (!socket.startsWith(Arrays.copyOf(FIRST_LINE, length))) {
        return false;
      }
    }
    beganAt = 0;
    return true;
  }

  /** Reads over what a client still sends that was refused, so that it gets its answer. */
  void readOver() {
    for (int all = 0; all < MOST_AFTER_REFUSAL; ) {
      int length = socket.available();
      socket.skip(length);
      all += length;
      socket.pullData();
    }
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
        beganAt = 0;
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
    if (Frames.type(header, 0) != Frames.DATA) {
      beganAt = System.nanoTime() | 1;
    }
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
    if (output.tooManyResets() || !mayComeNow(type, flags, length)) {
      sendAway();
      return null;
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
        output.countReset(1);
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

  /** Whether there were not too many frames that carry nothing and cost something. */
  private boolean mayComeNow(int type, int flags, int length) {
    long sent = output.dataFrames();
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
    return emptyFrames.take(cost, System.nanoTime());
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

  /**
   * Tells a client that floods the connection why it ends, and reads over what it still sends:
   * closing with bytes unread would reset the connection, and the client would not see the reason.
   */
  private void sendAway() {
    output.control(Frames.goAway(lastStreamId, Frames.ENHANCE_YOUR_CALM));
    sentAwayAt = System.nanoTime() | 1;
    try {
      while (System.nanoTime() - sentAwayAt < LAST_FRAMES) {
        socket.skip(socket.available());
        socket.pullData();
      }
    } catch (DataReader.InsufficientDataAvailableException e) {
      // It has closed the connection.
    }
  }

  /** Whether a client that was sent away has had the time to see why. */
  boolean overdue(long now) {
    long at = sentAwayAt;
    return at != 0 && now - at >= LAST_FRAMES;
  }

  /** Tells the client why, and ends the connection. */
  private byte[] refuse(int errorCode) {
    output.control(Frames.goAway(lastStreamId, errorCode));
    return null;
  }
}
