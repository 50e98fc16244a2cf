package dev.controlplane.streams;

import java.util.concurrent.locks.Condition;

/**
 * A stream that is open on the wire: its window, its half-closed sides, and the one message that
 * its handler is sending. Every field is guarded by the lock of its {@link ConnectionOutput}, but
 * for {@link #grpc}.
 */
final class OpenStream {
  /**
   * A compressed flag and a length go before each message (gRPC over HTTP/2,
   * "Length-Prefixed-Message").
   */
  private static final int PREFIX = 5;

  final int id;

  /** Bytes of DATA that the client takes now; below zero after a SETTINGS frame that lowered it. */
  long window;

  /** The client sends nothing more. */
  boolean remoteEnded;

  /** We send nothing more. */
  boolean localEnded;

  /** Reset by the client, or its connection is gone. */
  boolean gone;

  /** In the queue of streams whose message may go out. */
  boolean queued;

  /** When the message last moved; read only while its sender waits. */
  long progress;

  /** Wakes the sender; made when one has to wait for the first time. */
  Condition moved;

  /** Who is to be told that the client is gone; null until the handler starts. */
  StreamHandler handler;

  /**
   * Set once a gRPC handler has taken the stream: from then on its window is kept here and not by
   * Helidon.
   */
  volatile boolean grpc;

  /** The message, or null when there is none. */
  private byte[] message;

  private int offset;
  private int length;
  private int done;

  OpenStream(int id, long window) {
    this.id = id;
    this.window = window;
  }

  void offer(byte[] bytes, int from, int count) {
    message = bytes;
    offset = from;
    length = count;
    done = 0;
  }

  /** How much of the message is still to go out, its prefix included; 0 when there is none. */
  int remaining() {
    return message == null ? 0 : PREFIX + length - done;
  }

  boolean begun() {
    return done > 0;
  }

  /** Copies the next {@code count} bytes of the message into a buffer. */
  void copyTo(byte[] buffer, int at, int count) {
    int to = at;
    int left = count;
    while (done < PREFIX && left > 0) {
      buffer[to++] = done == 0 ? 0 : (byte) (length >> (8 * (PREFIX - 1 - done)));
      done++;
      left--;
    }
    if (left > 0) {
      // Not so if the frame ends within the prefix, where the window did.
      System.arraycopy(message, offset + done - PREFIX, buffer, to, left);
      done += left;
    }
    if (done == PREFIX + length) {
      withdraw();
    }
  }

  void withdraw() {
    message = null;
  }

  void wake() {
    if (moved != null) {
      moved.signal();
    }
  }
}
