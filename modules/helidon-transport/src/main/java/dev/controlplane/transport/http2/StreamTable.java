package dev.controlplane.transport.http2;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The streams that are open on a connection, and how far each of their two sides is. It knows
 * neither bytes nor windows. Not thread-safe: {@link ConnectionOutput} guards it.
 */
final class StreamTable {
  private static final int REMEMBERED = 128;

  private final Map<Integer, OpenStream> streams = new HashMap<>();

  /**
   * Streams whose handler is through, while something of the answer waits, or the client still
   * sends; and those of which that was so not long ago.
   */
  private final Set<OpenStream> unattended = new HashSet<>();

  /** The last streams that were reset, by either side. */
  private final ArrayDeque<Integer> reset = new ArrayDeque<>();

  private int lastStreamId;

  /** The stream, or null if none of this number is open. */
  OpenStream get(int streamId) {
    return streams.get(streamId);
  }

  /** Whether no stream of this number has been opened yet. */
  boolean neverOpened(int streamId) {
    return streamId > lastStreamId;
  }

  /** The number of the last stream that was opened. */
  int lastStreamId() {
    return lastStreamId;
  }

  int size() {
    return streams.size();
  }

  Collection<OpenStream> all() {
    return streams.values();
  }

  /** A client opens a stream with a number that is higher than all before. */
  void add(OpenStream stream) {
    lastStreamId = stream.id;
    streams.put(stream.id, stream);
  }

  /** Takes out a stream that is reset. */
  OpenStream removeReset(int streamId) {
    OpenStream stream = streams.remove(streamId);
    if (stream != null) {
      if (reset.size() == REMEMBERED) {
        reset.remove();
      }
      reset.add(streamId);
    }
    return stream;
  }

  /**
   * Whether a stream was reset not long ago: what its client still sends of it is no fault (RFC
   * 9113, section 5.1, "closed").
   */
  boolean wasReset(int streamId) {
    return reset.contains(streamId);
  }

  void clear() {
    streams.clear();
  }

  /** The client sends nothing more. */
  void remoteEnded(OpenStream stream) {
    stream.remoteEnded = true;
    if (stream.localEnded) {
      streams.remove(stream.id);
    }
    stream.detached |= stream.ending;
  }

  /** We send nothing more. */
  void localEnded(OpenStream stream, long now) {
    stream.localEnded = true;
    if (stream.remoteEnded) {
      streams.remove(stream.id);
    } else if (stream.detached) {
      stream.progress = now;
      unattended.add(stream);
    }
  }

  /** We send nothing more after what waits. */
  void ending(OpenStream stream, long now) {
    stream.ending = true;
    stream.progress = now;
    stream.detached |= stream.remoteEnded;
    unattended.add(stream);
  }

  /** The open streams that no handler looks after any more. */
  List<OpenStream> unattended() {
    unattended.removeIf(stream -> stream != streams.get(stream.id));
    return List.copyOf(unattended);
  }
}
