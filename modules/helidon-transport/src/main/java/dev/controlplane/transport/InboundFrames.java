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
 *   <li><b>Heads.</b> See {@link HeaderDecoder}, {@link RequestHead}, {@link LargeHead}.
 *   <li>{@link KnownSettings}, {@link InboundWindow}.
 * </ul>
 */
final class InboundFrames implements Supplier<byte[]> {
  private static final int PREFACE = 24;

  /** What a client that refuses to speak HTTP/2 may still send before the connection closes. */
  private static final int MOST_AFTER_REFUSAL = 64 << 10;

  /** How long a client that is sent away may take to read why. */
  private static final long LAST_FRAMES = TimeUnit.MILLISECONDS.toNanos(500);

  private static final byte[] FIRST_LINE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final DataReader socket;
  private final ConnectionOutput output;
  private final ClientFrames client;
  private final FrameBudget budget;
  private final int continuations;
  private final HeaderDecoder decoder = new HeaderDecoder(LargeHead.MOST);
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

  /**
   * @param continuations CONTINUATION frames that a header block may have
   */
  InboundFrames(
      DataReader socket,
      ConnectionOutput output,
      ClientFrames client,
      FrameBudget budget,
      int continuations) {
    this.socket = socket;
    this.output = output;
    this.client = client;
    this.budget = budget;
    this.continuations = continuations;
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
      while (true) {
        byte[] reset = output.nextResetForHelidon();
        if (reset != null) {
          return reset;
        }
        Verdict verdict = judge(read());
        beganAt = 0;
        if (verdict instanceof Verdict.ResetStream fault) {
          verdict = reset(fault);
        }
        switch (verdict) {
          case Verdict.Pass pass -> {
            return pass.bytes();
          }
          case Verdict.EndConnection end -> {
            output.control(Frames.goAway(lastStreamId, end.errorCode()));
            if (end.errorCode() == Frames.ENHANCE_YOUR_CALM) {
              readOverLastFrames();
            }
            return null;
          }
          case Verdict.ResetStream _, Verdict.Done _ -> {}
        }
      }
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

  private Verdict judge(byte[] frame) {
    int length = Frames.length(frame, 0);
    if (frame.length != Frames.HEADER + length) {
      return new Verdict.Pass(frame);
    }
    int type = Frames.type(frame, 0);
    int flags = Frames.flags(frame, 0);
    int streamId = Frames.streamId(frame, 0);
    if (streamId == 0 && (type == Frames.DATA || type == Frames.RST_STREAM)) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    if (!budget.mayComeNow(type, flags, length, output.dataFrames())) {
      return new Verdict.EndConnection(Frames.ENHANCE_YOUR_CALM);
    }
    return switch (type) {
      case Frames.HEADERS -> headers(frame, streamId, (flags & Frames.END_STREAM) != 0);
      case Frames.DATA -> data(frame, streamId, flags);
      case Frames.RST_STREAM -> {
        if (length != 4) {
          yield new Verdict.Pass(frame);
        }
        budget.resetReceived();
        yield client.resetReceived(frame, streamId);
      }
      case Frames.WINDOW_UPDATE -> windowUpdate(frame, streamId);
      case Frames.SETTINGS -> settings(frame, streamId);
      case Frames.PING -> (flags & Frames.ACK) != 0 ? Verdict.DONE : new Verdict.Pass(frame);
      case Frames.GOAWAY -> goAway(frame, streamId);
      // Extensions; a receiver ignores those that it does not know (RFC 9113, section 5.5).
      default -> type > Frames.CONTINUATION ? Verdict.DONE : new Verdict.Pass(frame);
    };
  }

  private Verdict headers(byte[] frame, int streamId, boolean endStream) {
    if (streamId % 2 == 0) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    byte[] block;
    switch (HeaderBlocks.read(frame, this::read, continuations)) {
      case HeaderBlocks.Result.Whole whole -> block = whole.block();
      case HeaderBlocks.Result.Broken broken -> {
        return new Verdict.EndConnection(broken.errorCode());
      }
    }
    lastStreamId = Math.max(lastStreamId, streamId);
    try {
      // Every block, or the next one would not mean what the client says.
      return client.headersReceived(decoder.decode(block), streamId, endStream);
    } catch (HeaderDecoder.CompressionException e) {
      return new Verdict.EndConnection(Frames.COMPRESSION_ERROR);
    }
  }

  private Verdict data(byte[] frame, int streamId, int flags) {
    int length = frame.length - Frames.HEADER;
    boolean padded = (flags & Frames.PADDED) != 0;
    if (padded && (length == 0 || (frame[Frames.HEADER] & 0xff) >= length)) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    Verdict verdict = client.dataReceived(frame, streamId, (flags & Frames.END_STREAM) != 0);
    int back = window.received(length);
    if (back > 0) {
      output.control(Frames.windowUpdate(0, back));
    }
    return verdict;
  }

  private Verdict windowUpdate(byte[] frame, int streamId) {
    if (frame.length != Frames.HEADER + 4) {
      return new Verdict.Pass(frame);
    }
    int increment = Frames.int32(frame, Frames.HEADER) & 0x7fff_ffff;
    return streamId == 0
        ? client.connectionWindowGrew(increment)
        : client.streamWindowGrew(frame, streamId, increment);
  }

  private Verdict settings(byte[] frame, int streamId) {
    if ((Frames.flags(frame, 0) & Frames.ACK) != 0
        || streamId != 0
        || KnownSettings.isMalformed(frame)) {
      return new Verdict.Pass(frame);
    }
    long initialWindow = KnownSettings.initialWindow(frame);
    if (initialWindow > Frames.MAX_WINDOW) {
      return new Verdict.EndConnection(Frames.FLOW_CONTROL_ERROR);
    }
    client.settingsReceived((int) initialWindow, KnownSettings.headerTable(frame));
    byte[] known = KnownSettings.forHelidon(frame);
    if (!settingsRead) {
      settingsRead = true;
      known = KnownSettings.withBoundlessWindows(known);
    }
    return new Verdict.Pass(known);
  }

  private static Verdict goAway(byte[] frame, int streamId) {
    if (streamId != 0) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    boolean graceful =
        frame.length >= Frames.HEADER + 8
            && Frames.int32(frame, Frames.HEADER + 4) == Frames.NO_ERROR;
    return graceful ? Verdict.DONE : new Verdict.Pass(frame);
  }

  private Verdict reset(Verdict.ResetStream reset) {
    byte[] frame = Frames.reset(reset.streamId(), reset.errorCode());
    output.control(frame);
    // Helidon's own stream has to go too.
    return client.resetReceived(frame, reset.streamId());
  }

  /**
   * Reads over what a client still sends that floods the connection: closing with bytes unread
   * would reset the connection, and the client would not see why it is sent away.
   */
  private void readOverLastFrames() {
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
}
