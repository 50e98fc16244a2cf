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

  private final Map<Integer, OpenStream> streams = new HashMap<>();

  /**
   * Streams whose handler has finished while a part of the answer is unsent or the client is still
   * sending. May also contain streams that have ended since.
   */
  private final Set<OpenStream> unattended = new HashSet<>();

  /** The numbers of the last {@link #REMEMBERED} streams that either side reset. */
  private final ArrayDeque<Integer> reset = new ArrayDeque<>();

  private int lastStreamId;

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
   * Removes a stream that is being reset, and remembers its number; returns null if it was not
   * open.
   */
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
   * Whether a stream was reset recently. Its client may then still send frames of it without fault
   * (RFC 9113, section 5.1, "closed").
   */
  boolean wasReset(int streamId) {
    return reset.contains(streamId);
  }

  void clear() {
    streams.clear();
  }

  /** Marks the client's side as ended; removes the stream if both sides are. */
  void remoteEnded(OpenStream stream) {
    stream.remoteEnded = true;
    if (stream.localEnded) {
      streams.remove(stream.id);
    }
    stream.detached |= stream.ending;
  }

  /** Marks our side as ended; removes the stream if both sides are. */
  void localEnded(OpenStream stream, long now) {
    stream.localEnded = true;
    if (stream.remoteEnded) {
      streams.remove(stream.id);
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
