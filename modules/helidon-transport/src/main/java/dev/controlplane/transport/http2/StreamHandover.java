package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * How the streams of a connection pass from Helidon, which reads their heads, to their handlers,
 * and which of them Helidon still knows when they end.
 */
public final class StreamHandover {
  private final ConnectionOutput output;

  /** Streams that {@link #end} has ended and that Helidon still knows. */
  private final Queue<Integer> resetsForHelidon = new ConcurrentLinkedQueue<>();

  StreamHandover(ConnectionOutput output) {
    this.output = output;
  }

  /**
   * Binds a handler to its stream.
   *
   * @param most streams that may be open
   * @return the stream, or null if it is gone already, or refused
   */
  public OpenStream attach(int streamId, OpenStream.Handler handler, long most) {
    output.lock.lock();
    try {
      OpenStream stream = open(streamId, most);
      if (stream != null) {
        stream.handler = handler;
        stream.becomeGrpc();
      }
      return stream;
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * The stream of a request whose headers Helidon has read.
   *
   * @param most streams that may be open; Helidon does not count those that it is done with and
   *     that still send
   * @return null if it is gone already, or refused
   */
  OpenStream open(int streamId, long most) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream != null && output.streams.size() > most) {
        output.reset(stream, Frames.REFUSED_STREAM);
        return null;
      }
      return stream;
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * The stream's handler goes on without Helidon, or the request is refused: what still comes of it
   * is not for Helidon.
   */
  public void detach(int streamId) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream != null) {
        stream.detached = true;
      }
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Ends a stream with RST_STREAM, if it is open.
   *
   * @return whether Helidon knows the stream and will hear of it
   */
  public boolean end(OpenStream stream, int errorCode) {
    output.lock.lock();
    try {
      if (output.streams.get(stream.id) != stream) {
        return false;
      }
      output.reset(stream, errorCode);
      if (!stream.detached) {
        resetsForHelidon.add(stream.id);
      }
      return !stream.detached;
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * A stream that this module has reset and that Helidon still knows, for the thread of the
   * connection: no other may pass it a frame.
   *
   * @return RST_STREAM, or null if there is none
   */
  byte[] nextResetForHelidon() {
    Integer id = resetsForHelidon.poll();
    return id == null ? null : Frames.reset(id, Frames.CANCEL);
  }
}
