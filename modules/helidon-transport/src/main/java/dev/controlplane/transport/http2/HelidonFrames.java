package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.UncheckedIOException;
import java.net.SocketException;

/**
 * Receives the frames that Helidon's {@code Http2ConnectionWriter} writes, one at a time, and
 * passes them to {@link ConnectionOutput}.
 */
public final class HelidonFrames implements DataWriter {
  private final ConnectionOutput output;

  public HelidonFrames(ConnectionOutput output) {
    this.output = output;
  }

  @Override
  public void writeNow(BufferData frame) {
    byte[] header = new byte[Frames.HEADER];
    frame.read(header);
    switch (Frames.type(header, 0)) {
      case Frames.DATA -> body(header, frame);
      case Frames.HEADERS, Frames.CONTINUATION -> headers(header, frame);
      case Frames.RST_STREAM -> {
        byte[] code = new byte[4];
        frame.read(code);
        reset(Frames.streamId(header, 0), Frames.int32(code, 0));
      }
      case Frames.WINDOW_UPDATE -> windowUpdate(header, frame);
      case Frames.GOAWAY -> goAway(header, frame);
      default -> other(header, frame);
    }
  }

  @Override
  public void write(BufferData buffer) {
    writeNow(buffer);
  }

  @Override
  public void write(BufferData... buffers) {
    writeNow(buffers);
  }

  @Override
  public void writeNow(BufferData... buffers) {
    for (BufferData each : buffers) {
      writeNow(each);
    }
  }

  /** Sends a frame that carries neither headers nor data and does not end a stream. */
  private void other(byte[] header, BufferData payload) {
    output.lock.lock();
    try {
      append(header, payload);
      if (Frames.type(header, 0) == Frames.SETTINGS
          && (Frames.flags(header, 0) & Frames.ACK) != 0) {
        output.flow.settingsAcknowledged(output.streams.all());
      }
      output.serve();
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Drops Helidon's updates of the connection's window once DATA has arrived: InboundWindow sends
   * them instead.
   */
  private void windowUpdate(byte[] header, BufferData payload) {
    output.lock.lock();
    try {
      if (!output.flow.hasInboundBegun() || Frames.streamId(header, 0) != 0) {
        append(header, payload);
      }
      output.serve();
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Corrects the last stream in a GOAWAY (RFC 9113, section 6.8). Helidon always says 0, as if it
   * had served none.
   */
  private void goAway(byte[] header, BufferData payload) {
    byte[] bytes = new byte[payload.available()];
    payload.read(bytes);
    output.lock.lock();
    try {
      Frames.putInt32(bytes, 0, output.streams.lastStreamId());
    } finally {
      output.lock.unlock();
    }
    other(header, BufferData.create(bytes));
  }

  private void headers(byte[] header, BufferData payload) {
    output.lock.lock();
    try {
      checkRoom(payload);
      writeHeaders(header, payload);
      OpenStream stream = output.streams.get(Frames.streamId(header, 0));
      if (stream != null
          && Frames.type(header, 0) == Frames.HEADERS
          && (Frames.flags(header, 0) & Frames.END_STREAM) != 0) {
        output.streams.localEnded(stream, System.nanoTime());
      }
      output.serve();
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Writes headers in a form that the client can decode. A block of several frames, 16 KiB or more,
   * is written unchanged.
   */
  @GuardedBy("output.lock")
  private void writeHeaders(byte[] header, BufferData payload) {
    int flags = Frames.flags(header, 0);
    if (Frames.type(header, 0) != Frames.HEADERS || (flags & Frames.END_HEADERS) == 0) {
      output.frames.headerBlock(header, payload);
      return;
    }
    byte[] block = output.headers.readable(payload.readBytes());
    byte[] own = new byte[Frames.HEADER];
    Frames.putHeader(own, 0, block.length, Frames.HEADERS, flags, Frames.streamId(header, 0));
    output.frames.headerBlock(own, BufferData.create(block));
  }

  /** Queues a part of an HTTP answer's body, which waits for the client's windows. */
  private void body(byte[] header, BufferData payload) {
    output.lock.lock();
    try {
      checkOpen();
      int length = payload.available();
      output.flow.takenByHelidon(length);
      OpenStream stream = output.streams.get(Frames.streamId(header, 0));
      if (stream == null) {
        return;
      }
      if (length > 0) {
        byte[] bytes = new byte[length];
        payload.read(bytes);
        stream.offer(bytes);
      }
      if ((Frames.flags(header, 0) & Frames.END_STREAM) != 0) {
        end(stream);
      }
      output.flow.enqueue(stream);
      output.serve();
    } finally {
      output.lock.unlock();
    }
  }

  @GuardedBy("output.lock")
  private void end(OpenStream stream) {
    if (stream.remaining() == 0) {
      output.control(Frames.endOfStream(stream.id));
      output.streams.localEnded(stream, System.nanoTime());
    } else {
      output.streams.ending(stream, System.nanoTime());
    }
  }

  /**
   * Resets a stream that Helidon gives up: its handler failed, or it answered before the end of the
   * request. Helidon uses STREAM_CLOSED for both, which is meant for frames that arrive too late
   * (RFC 9113, section 7).
   */
  private void reset(int streamId, int helidonsCode) {
    output.lock.lock();
    try {
      checkOpen();
      OpenStream stream = output.streams.get(streamId);
      if (stream == null || stream.detached) {
        return;
      }
      int errorCode = helidonsCode;
      if (errorCode == Frames.STREAM_CLOSED) {
        errorCode = stream.localEnded ? Frames.NO_ERROR : Frames.INTERNAL_ERROR;
      }
      output.reset(stream, errorCode);
    } finally {
      output.lock.unlock();
    }
  }

  @GuardedBy("output.lock")
  private void append(byte[] header, BufferData payload) {
    checkRoom(payload);
    output.frames.append(header, payload);
  }

  @GuardedBy("output.lock")
  private void checkRoom(BufferData payload) {
    checkOpen();
    if (output.frames.isTooMuch(payload.available())) {
      output.fail("the peer makes us answer and reads no answer");
      checkOpen();
    }
  }

  @GuardedBy("output.lock")
  private void checkOpen() {
    if (output.broken != null) {
      throw new UncheckedIOException(new SocketException(output.broken));
    }
  }
}
