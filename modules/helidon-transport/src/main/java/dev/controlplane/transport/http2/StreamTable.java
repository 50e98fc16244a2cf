package dev.controlplane.transport.http2;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The open streams of a connection, and which of their sides have ended. It knows neither bytes nor
 * windows. Not thread-safe: {@link ConnectionOutput} guards it.
 */
final class StreamTable {
  private static final int REMEMBERED = 128;

  private final StreamBound bound;
  private final Map<Integer, OpenStream> streams = new HashMap<>();

  /**
   * Streams whose handler has finished while a part of the answer is unsent or the client is still
   * sending. May also contain streams that have ended since.
   */
  private final Set<OpenStream> unattended = new HashSet<>();

  /** The numbers of the last {@link #REMEMBERED} streams that either side reset. */
  private final ArrayDeque<Integer> reset = new ArrayDeque<>();

  private int lastStreamId;

  /**
   * Creates an empty table.
   *
   * @param bound of the streams of all connections together
   */
  StreamTable(StreamBound bound) {
    this.bound = bound;
  }

  /** The limit of the streams of all connections together. */
  StreamBound bound() {
    return bound;
  }

  /** Returns the stream; null if no open stream has this number. */
  OpenStream get(int streamId) {
    return streams.get(streamId);
  }

  /** Whether no stream of this number was opened yet. */
  boolean neverOpened(int streamId) {
    return streamId > lastStreamId;
  }

  /** The number of the last opened stream. */
  int lastStreamId() {
    return lastStreamId;
  }

  int size() {
    return streams.size();
  }

  Collection<OpenStream> all() {
    return streams.values();
  }

  /** Adds a new stream, whose number must be higher than all before. */
  void add(OpenStream stream) {
    lastStreamId = stream.id;
    streams.put(stream.id, stream);
  }

  /**
   * Counts a stream of this table in {@link #bound} until it is removed. Returns false if there are
   * too many; it must then be refused.
   */
  boolean admit(OpenStream stream) {
    stream.counted = bound.enter();
    return stream.counted;
  }

  private OpenStream remove(int streamId) {
    OpenStream stream = streams.remove(streamId);
    if (stream != null) {
      uncount(stream);
    }
    return stream;
  }

  private void uncount(OpenStream stream) {
    if (stream.counted) {
      stream.counted = false;
      bound.leave();
    }
  }

  /**
   * Removes a stream that is being reset, and remembers its number; returns null if it was not
   * open.
   */
  OpenStream removeReset(int streamId) {
    OpenStream stream = remove(streamId);
    if (stream != null) {
      if (reset.size() == REMEMBERED) {
        reset.remove();
      }
      reset.add(streamId);
    }
    return stream;
  }

  /**
   * Whether a stream was reset recently. Its client may then still send frames of it without fault
   * (RFC 9113, section 5.1, "closed").
   */
  boolean wasReset(int streamId) {
    return reset.contains(streamId);
  }

  void clear() {
    streams.values().forEach(this::uncount);
    streams.clear();
  }

  /** Marks the client's side as ended; removes the stream if both sides are. */
  void remoteEnded(OpenStream stream) {
    stream.remoteEnded = true;
    if (stream.localEnded) {
      remove(stream.id);
    }
    stream.detached |= stream.ending;
  }

  /** Marks our side as ended; removes the stream if both sides are. */
  void localEnded(OpenStream stream, long now) {
    stream.localEnded = true;
    if (stream.remoteEnded) {
      remove(stream.id);
    } else if (stream.detached) {
      stream.progress = now;
      unattended.add(stream);
    }
  }

  /** Marks our side to end after what is waiting. */
  void ending(OpenStream stream, long now) {
    stream.ending = true;
    stream.progress = now;
    stream.detached |= stream.remoteEnded;
    unattended.add(stream);
  }

  /** The open streams whose handler has finished. */
  List<OpenStream> unattended() {
    unattended.removeIf(stream -> stream != streams.get(stream.id));
    return List.copyOf(unattended);
  }
}
