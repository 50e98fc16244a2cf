package dev.controlplane.streams;

import java.util.concurrent.locks.Condition;

/**
 * A stream that is open on the wire: its window, its half-closed sides, the message that is going
 * out and those that wait behind it. Every field is guarded by the lock of its {@link
 * ConnectionOutput}, but for {@link #grpc}.
 */
final class OpenStream {
  /**
   * A compressed flag and a length go before each message (gRPC over HTTP/2,
   * "Length-Prefixed-Message").
   */
  private static final int PREFIX = 5;

  /** Messages that may wait behind the one that goes out: a sender is woken once for several. */
  static final int MAX_WAITING = 8;

  /** Bytes that these may have together. */
  static final int MAX_WAITING_BYTES = 16 << 10;

  final int id;

  /** Bytes of DATA that the client takes now; below zero after a SETTINGS frame that lowered it. */
  long window;

  /** The client sends nothing more. */
  boolean remoteEnded;

  /** We send nothing more. */
  boolean localEnded;

  /** Reset by the client, or its connection is gone. */
  boolean gone;

  /** Helidon knows it no more. */
  boolean detached;

  /** In the queue of streams whose message may go out. */
  boolean queued;

  /** Its sender waits for its messages to go out. */
  boolean waits;

  /** When one of them last moved; of no meaning while the sender does not wait. */
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

  /** The message that goes out, or null when there is none. */
  private byte[] message;

  /** How much of it is out, its prefix included. */
  private int done;

  /** A ring of messages; made when one has to wait for the first time. */
  private byte[][] waiting;

  private int firstWaiting;
  private int waitingCount;
  private int waitingBytes;

  OpenStream(int id, long window) {
    this.id = id;
    this.window = window;
  }

  /** Whether a message of this length may be offered now. */
  boolean takes(int length) {
    return message == null
        || (waitingCount < MAX_WAITING && waitingBytes + length <= MAX_WAITING_BYTES);
  }

  /** Takes a message, which must not change any more. */
  void offer(byte[] bytes) {
    if (message == null) {
      message = bytes;
      return;
    }
    if (waiting == null) {
      waiting = new byte[MAX_WAITING][];
    }
    waiting[(firstWaiting + waitingCount++) % MAX_WAITING] = bytes;
    waitingBytes += bytes.length;
  }

  /** How much of the message that goes out is left, its prefix included; 0 when there is none. */
  int remaining() {
    return message == null ? 0 : PREFIX + message.length - done;
  }

  /**
   * How many bytes of messages may go out now by the window of the stream: whole messages; of one
   * that does not fit, a part, if it has begun or if it is larger than {@code small} and so much of
   * the window is left.
   */
  long sendable(int small) {
    long total = 0;
    int left = remaining();
    boolean begun = done > 0;
    for (int next = 0; left > 0; next++) {
      long room = window - total;
      if (left > room) {
        return room > 0 && (begun || (left > small && room >= small)) ? window : total;
      }
      total += left;
      begun = false;
      left = next < waitingCount ? PREFIX + waiting(next).length : 0;
    }
    return total;
  }

  private byte[] waiting(int index) {
    return waiting[(firstWaiting + index) % MAX_WAITING];
  }

  /** Copies the next {@code count} bytes of messages into a buffer; there are as many. */
  void copyTo(byte[] buffer, int at, int count) {
    int to = at;
    int end = at + count;
    while (to < end) {
      while (done < PREFIX && to < end) {
        buffer[to++] = done == 0 ? 0 : (byte) (message.length >> (8 * (PREFIX - 1 - done)));
        done++;
      }
      if (done >= PREFIX) {
        // Not so if the frame ends within the prefix, where the window did.
        int part = Math.min(end - to, PREFIX + message.length - done);
        System.arraycopy(message, done - PREFIX, buffer, to, part);
        done += part;
        to += part;
        if (done == PREFIX + message.length) {
          nextMessage();
        }
      }
    }
  }

  private void nextMessage() {
    message = null;
    done = 0;
    if (waitingCount > 0) {
      message = waiting(0);
      waiting[firstWaiting] = null;
      firstWaiting = (firstWaiting + 1) % MAX_WAITING;
      waitingCount--;
      waitingBytes -= message.length;
    }
  }

  /** Drops all messages. */
  void withdraw() {
    while (message != null) {
      nextMessage();
    }
  }

  /** Wakes the sender, if it waits and so many messages went out that it is worth it. */
  void wakeIfWorthIt() {
    if (waitingCount <= MAX_WAITING / 2) {
      wake();
    }
  }

  void wake() {
    if (moved != null) {
      moved.signal();
    }
  }
}
