package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Passes the streams of a connection from Helidon, which reads their heads, to their handlers, and
 * tracks which streams Helidon still knows when they end. Thread-safe.
 */
public final class StreamHandover {
  private final ConnectionOutput output;

  /** Streams that {@link #end} reset and that Helidon has yet to be told about. */
  private final Queue<Integer> resetsForHelidon = new ConcurrentLinkedQueue<>();

  StreamHandover(ConnectionOutput output) {
    this.output = output;
  }

  /**
   * Binds a gRPC handler to its stream.
   *
   * @param most streams that the connection may have open
   * @return the stream; null if it is gone or was refused
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
   * Returns the stream of a request whose headers Helidon has read.
   *
   * @param most streams that the connection may have open; Helidon's own limit does not count
   *     streams that it has finished but that are still sending
   * @return null if the stream is gone or was refused
   */
  public OpenStream open(int streamId, long most) {
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
   * Makes Helidon see no further frames of a stream: its handler continues alone, or the request
   * was refused.
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
   * Ends a stream with RST_STREAM if it is open.
   *
   * @return whether Helidon knows the stream and will be told
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
   * Returns a reset that Helidon must be told about. Only the connection's thread may call this,
   * because only it may pass frames to Helidon.
   *
   * @return RST_STREAM, or null if there is none
   */
  byte[] nextResetForHelidon() {
    Integer id = resetsForHelidon.poll();
    return id == null ? null : Frames.reset(id, Frames.CANCEL);
  }
}
