package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.FrameBudget;
import dev.controlplane.transport.frames.FrameReader;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.frames.InboundWindow;
import dev.controlplane.transport.frames.KnownSettings;
import dev.controlplane.transport.hpack.HeaderDecoder;
import dev.controlplane.transport.hpack.LargeHead;
import io.helidon.common.buffers.DataReader;
import java.util.function.Supplier;

/**
 * Examines every inbound frame of one connection and decides what Helidon gets to read. Runs on the
 * connection's thread.
 *
 * <ul>
 *   <li><b>Late frames.</b> After a client reset a stream, or while its cancel crosses our
 *       trailers, DATA, RST_STREAM or WINDOW_UPDATE frames of that stream may still arrive. Helidon
 *       4.5.0 ({@code Http2Connection.stream}) takes them for frames of a stream that never existed
 *       and ends the whole connection: "Stream 215 was never created and has lower ID than last".
 *       Here they are ignored.
 *   <li><b>Graceful GOAWAY.</b> A client that will open no more streams sends GOAWAY(NO_ERROR) and
 *       waits for its open ones. Helidon would end them ({@code Http2Connection.goAwayFrame}), so
 *       it does not see the frame. The client closes the connection when they are done.
 *   <li><b>Windows.</b> {@link ConnectionOutput} keeps them. Helidon gets windows that it never
 *       uses up, and sees no change to them.
 *   <li><b>Floods.</b> {@link FrameBudget} limits resets and frames that carry nothing; beyond it
 *       the client gets GOAWAY with ENHANCE_YOUR_CALM. Helidon's own limit is off ({@code
 *       max-rapid-resets: -1}): it counts every cancelled gRPC stream as a "rapid" reset ({@code
 *       Http2ServerStream.rstStream}), and the 51st in 10 s ends the whole connection.
 *   <li><b>Heads.</b> See {@link HeaderDecoder}, {@code RequestHead} and {@link LargeHead}.
 *   <li><b>SETTINGS and the inbound window.</b> See {@link KnownSettings} and {@link
 *       InboundWindow}.
 * </ul>
 */
public final class InboundFrames implements Supplier<byte[]> {
  private final FrameReader reader;
  private final ConnectionOutput output;
  private final ClientFrames client;
  private final FrameBudget budget;
  private final int continuations;
  private final HeaderDecoder decoder = new HeaderDecoder(LargeHead.MOST);
  private final InboundWindow window = new InboundWindow();
  private boolean prefaceRead;
  private boolean settingsRead;
  private int lastStreamId;

  /**
   * @param continuations how many CONTINUATION frames a header block may have
   */
  public InboundFrames(
      FrameReader reader,
      ConnectionOutput output,
      ClientFrames client,
      FrameBudget budget,
      int continuations) {
    this.reader = reader;
    this.output = output;
    this.client = client;
    this.budget = budget;
    this.continuations = continuations;
  }

  /**
   * Returns the next bytes for Helidon: the preface first, then one or more whole frames. Null at
   * the end of the connection.
   */
  @Override
  public byte[] get() {
    try {
      if (!prefaceRead) {
        prefaceRead = true;
        return reader.preface();
      }
      while (true) {
        byte[] reset = output.handover().nextResetForHelidon();
        if (reset != null) {
          return reset;
        }
        Verdict verdict = judge(reader.frame());
        reader.idle();
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
              reader.readOverLastFrames();
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
      // Unknown extension frames must be ignored (RFC 9113, section 5.5).
      default -> type > Frames.CONTINUATION ? Verdict.DONE : new Verdict.Pass(frame);
    };
  }

  private Verdict headers(byte[] frame, int streamId, boolean endStream) {
    if (streamId % 2 == 0) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    byte[] block;
    switch (HeaderBlocks.read(frame, reader::read, continuations)) {
      case HeaderBlocks.Result.Whole whole -> block = whole.block();
      case HeaderBlocks.Result.Broken broken -> {
        return new Verdict.EndConnection(broken.errorCode());
      }
    }
    lastStreamId = Math.max(lastStreamId, streamId);
    try {
      // Every block must be decoded, or the dynamic table is wrong for the next one.
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
    // Helidon's stream has to end too.
    return client.resetReceived(frame, reset.streamId());
  }
}
