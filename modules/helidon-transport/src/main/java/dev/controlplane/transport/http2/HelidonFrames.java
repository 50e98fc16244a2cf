package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.UncheckedIOException;
import java.net.SocketException;

/** Takes the frames that Helidon's {@code Http2ConnectionWriter} writes, one at a time. */
final class HelidonFrames implements DataWriter {
  private final ConnectionOutput output;

  HelidonFrames(ConnectionOutput output) {
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

  /** A frame that neither carries headers nor a body, nor ends a stream. */
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

  /** InboundWindow gives back what came in on the connection, in place of Helidon. */
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

  /** Helidon says that it has served no stream, whatever it has (RFC 9113, section 6.8). */
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

  /** A block in several frames, of 16 KiB and more, is written as Helidon has it. */
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

  /** Part of the answer to an HTTP request. It waits for the client's windows. */
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
   * Helidon gives up a stream: its handler failed, or has answered before the end of the request.
   * It says STREAM_CLOSED for both, which is for frames that come too late (RFC 9113, section 7).
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
