package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.FrameBudget;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.hpack.DirectAnswer;
import dev.controlplane.transport.hpack.HeaderDecoder;
import dev.controlplane.transport.hpack.LargeHead;
import dev.controlplane.transport.hpack.RequestHead;
import java.util.OptionalLong;

/**
 * Applies the frames of the client to the streams and windows of its connection, and decides
 * whether Helidon gets to see them.
 *
 * <p>Each method is called on the connection's thread and takes the output's lock itself.
 */
public final class ClientFrames {
  private final ConnectionOutput output;
  private final FrameBudget budget;

  /**
   * True for gRPC, whose requests have bodies. False where a request with a body is answered 413.
   */
  private final boolean takesBodies;

  public ClientFrames(ConnectionOutput output, FrameBudget budget, boolean takesBodies) {
    this.output = output;
    this.budget = budget;
    this.takesBodies = takesBodies;
  }

  /** Processes a decoded header block: the head of a new request, or trailers. */
  Verdict headersReceived(HeaderDecoder.Block head, int streamId, boolean endStream) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream != null) {
        return trailers(stream, endStream);
      }
      if (output.streams.neverOpened(streamId)) {
        return head(head, streamId, endStream);
      }
      return output.streams.wasReset(streamId)
          ? Verdict.DONE
          : new Verdict.EndConnection(Frames.STREAM_CLOSED);
    } finally {
      output.lock.unlock();
    }
  }

  @GuardedBy("output.lock")
  private Verdict head(HeaderDecoder.Block head, int streamId, boolean endStream) {
    OpenStream stream = new OpenStream(streamId, output.flow.initialWindow());
    stream.remoteEnded = endStream;
    stream.hasBody = !endStream;
    output.streams.add(stream);
    if (LargeHead.is(head)) {
      stream.detached = true;
      budget.resetSent(Frames.PROTOCOL_ERROR);
      refuse(
          stream,
          takesBodies ? LargeHead.toCall(streamId, head) : LargeHead.toRequest(streamId, head));
      return Verdict.DONE;
    }
    if (RequestHead.isMalformed(head)) {
      stream.detached = true;
      return new Verdict.ResetStream(streamId, Frames.PROTOCOL_ERROR);
    }
    if (!output.streams.admit(stream)) {
      stream.detached = true;
      budget.resetSent(Frames.REFUSED_STREAM);
      StreamBound bound = output.streams.bound();
      refuse(stream, takesBodies ? bound.toCall(streamId) : bound.toRequest(streamId, head));
      return Verdict.DONE;
    }
    if (stream.hasBody && !takesBodies) {
      stream.bodyUnknown = RequestHead.leavesOpenIfThereIsABody(head);
      stream.detached = !stream.bodyUnknown;
    }
    return new Verdict.Pass(HeaderBlocks.frames(streamId, endStream, head.block()));
  }

  @GuardedBy("output.lock")
  private void refuse(OpenStream stream, DirectAnswer answer) {
    long now = System.nanoTime();
    output.control(answer.head());
    if (answer.body().length == 0) {
      output.streams.localEnded(stream, now);
    } else {
      stream.offer(answer.body());
      output.streams.ending(stream, now);
      output.flow.enqueue(stream);
      output.serve();
    }
  }

  /**
   * Processes trailers as the end of the request. Their fields are dropped: Helidon ignores them,
   * and would end the connection if they come after a refusal.
   */
  @GuardedBy("output.lock")
  private Verdict trailers(OpenStream stream, boolean endStream) {
    if (stream.remoteEnded) {
      return new Verdict.ResetStream(stream.id, Frames.STREAM_CLOSED);
    }
    if (!endStream) {
      return new Verdict.ResetStream(stream.id, Frames.PROTOCOL_ERROR);
    }
    return data(stream, Frames.endOfStream(stream.id), true);
  }

  /** Processes a DATA frame. */
  Verdict dataReceived(byte[] frame, int streamId, boolean endStream) {
    output.lock.lock();
    try {
      output.flow.inboundBegan();
      OpenStream stream = output.streams.get(streamId);
      if (stream == null) {
        return output.streams.neverOpened(streamId) ? new Verdict.Pass(frame) : Verdict.DONE;
      }
      if (stream.remoteEnded && stream.detached) {
        // The request had ended before (RFC 9113, section 5.1, "half-closed (remote)").
        return new Verdict.ResetStream(streamId, Frames.STREAM_CLOSED);
      }
      return data(stream, frame, endStream);
    } finally {
      output.lock.unlock();
    }
  }

  @GuardedBy("output.lock")
  private Verdict data(OpenStream stream, byte[] frame, boolean endStream) {
    boolean empty = Frames.dataLength(frame) == 0;
    if (stream.bodyUnknown && !(empty && !endStream)) {
      // A thread in StreamSender.hasBody waits for this answer and reads nothing. If there is a
      // body, it will be refused, so Helidon must not queue its frames.
      stream.bodyUnknown = false;
      stream.hasBody = !empty;
      stream.detached = !empty;
      stream.wake();
    }
    if (!stream.remoteEnded && endStream) {
      output.streams.remoteEnded(stream);
    }
    return stream.detached ? Verdict.DONE : new Verdict.Pass(frame);
  }

  /**
   * Removes a stream that was reset, by the client or because of what the client sent, and notifies
   * its handler.
   *
   * @param frame RST_STREAM, for Helidon if it knows the stream
   */
  Verdict resetReceived(byte[] frame, int streamId) {
    OpenStream stream;
    OpenStream.Handler handler;
    boolean helidonHears;
    output.lock.lock();
    try {
      stream = output.streams.removeReset(streamId);
      if (stream == null) {
        return output.streams.neverOpened(streamId) ? new Verdict.Pass(frame) : Verdict.DONE;
      }
      handler = stream.handler;
      helidonHears = !stream.detached;
      stream.lost();
    } finally {
      output.lock.unlock();
    }
    if (handler != null) {
      handler.clientGone(helidonHears);
    }
    return helidonHears ? new Verdict.Pass(frame) : Verdict.DONE;
  }

  /** Processes a WINDOW_UPDATE for the connection. */
  Verdict connectionWindowGrew(int increment) {
    if (increment == 0) {
      return new Verdict.EndConnection(Frames.PROTOCOL_ERROR);
    }
    output.lock.lock();
    try {
      if (!output.flow.connectionGrew(increment)) {
        return new Verdict.EndConnection(Frames.FLOW_CONTROL_ERROR);
      }
      output.serve();
      int back = output.flow.giveBackToHelidon();
      return back == 0 ? Verdict.DONE : new Verdict.Pass(Frames.windowUpdate(0, back));
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Processes a WINDOW_UPDATE for a stream.
   *
   * @param frame the WINDOW_UPDATE, for Helidon if the stream was never opened
   */
  Verdict streamWindowGrew(byte[] frame, int streamId, int increment) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream == null && output.streams.neverOpened(streamId)) {
        return new Verdict.Pass(frame);
      }
      if (increment == 0) {
        return new Verdict.ResetStream(streamId, Frames.PROTOCOL_ERROR);
      }
      if (stream != null) {
        if (!output.flow.streamGrew(stream, increment)) {
          return new Verdict.ResetStream(streamId, Frames.FLOW_CONTROL_ERROR);
        }
        output.serve();
      }
      return Verdict.DONE;
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Processes a SETTINGS frame, which Helidon will acknowledge.
   *
   * @param initialWindow SETTINGS_INITIAL_WINDOW_SIZE, or {@link FlowControl#UNCHANGED}
   * @param headerTable SETTINGS_HEADER_TABLE_SIZE, if the frame has it
   */
  void settingsReceived(int initialWindow, OptionalLong headerTable) {
    output.lock.lock();
    try {
      output.flow.settingsReceived(initialWindow);
      if (headerTable.isPresent()) {
        output.headers.tableSize(headerTable.getAsLong());
      }
    } finally {
      output.lock.unlock();
    }
  }
}
