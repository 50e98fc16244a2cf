package dev.controlplane.transport;

import java.util.OptionalLong;

/**
 * What the frames of the client do to the streams and windows of its connection. Called on the
 * thread of the connection, before Helidon sees the frame.
 */
final class ClientFrames {
  private final ConnectionOutput output;

  /**
   * Whether Helidon hears of what clients send behind headers; elsewhere such a request is refused.
   */
  private final boolean takesBodies;

  ClientFrames(ConnectionOutput output, boolean takesBodies) {
    this.output = output;
    this.takesBodies = takesBodies;
  }

  /** A HEADERS frame came in. */
  void headersReceived(int streamId, boolean endStream) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream == null && output.streams.neverOpened(streamId)) {
        stream = new OpenStream(streamId, output.flow.initialWindow());
        stream.hasBody = !endStream;
        stream.detached = stream.hasBody && !takesBodies;
        output.streams.add(stream);
      }
      if (stream != null && endStream) {
        output.streams.remoteEnded(stream);
      }
    } finally {
      output.lock.unlock();
    }
  }

  /** A DATA frame came in. */
  Verdict dataReceived(byte[] frame, int streamId, boolean endStream) {
    output.lock.lock();
    try {
      output.flow.inboundBegan();
      OpenStream stream = output.streams.get(streamId);
      if (stream == null) {
        return output.streams.neverOpened(streamId) ? new Verdict.Pass(frame) : Verdict.DONE;
      }
      if (stream.remoteEnded && stream.detached) {
        // Its request had ended: RFC 9113, section 5.1, "half-closed (remote)".
        return new Verdict.ResetStream(streamId, Frames.STREAM_CLOSED);
      }
      if (!stream.remoteEnded && endStream) {
        output.streams.remoteEnded(stream);
      }
      return stream.detached ? Verdict.DONE : new Verdict.Pass(frame);
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * A stream is reset by its client, or for what the client sent: tells the handler.
   *
   * @param frame RST_STREAM, for Helidon if it knows the stream
   */
  Verdict resetReceived(byte[] frame, int streamId) {
    OpenStream stream;
    StreamHandler handler;
    output.lock.lock();
    try {
      stream = output.streams.remove(streamId);
      if (stream == null) {
        return output.streams.neverOpened(streamId) ? new Verdict.Pass(frame) : Verdict.DONE;
      }
      handler = stream.handler;
      stream.lost();
    } finally {
      output.lock.unlock();
    }
    if (handler != null) {
      handler.clientGone(!stream.detached);
    }
    return stream.detached ? Verdict.DONE : new Verdict.Pass(frame);
  }

  /** The client takes more on the connection. */
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
   * The client takes more on a stream.
   *
   * @param frame WINDOW_UPDATE, for Helidon if the stream was never opened
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
   * A SETTINGS frame came in, which Helidon will acknowledge.
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
