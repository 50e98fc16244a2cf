package dev.controlplane.transport.http2;

import java.util.concurrent.locks.Condition;

/**
 * A stream that is open on the wire: its window, its half-closed sides, the message that is going
 * out and those that wait behind it. Of an HTTP answer, parts of the body take the place of
 * messages. Every field is guarded by the lock of its {@link ConnectionOutput}.
 */
public final class OpenStream {
  /** What handles a stream's request, and has to hear of its end. */
  public interface Handler {
    /**
     * The stream was reset.
     *
     * @param helidonHears whether Helidon, which then wakes the thread, is told of it
     */
    void clientGone(boolean helidonHears);

    /** The connection is lost, and with it the frame that Helidon may be waiting for. */
    void connectionGone();
  }

  /**
   * A compressed flag and a length go before each message (gRPC over HTTP/2,
   * "Length-Prefixed-Message").
   */
  private static final int GRPC_PREFIX = 5;

  /** Messages that may wait behind the one that goes out: a sender is woken once for several. */
  static final int MAX_WAITING = 8;

  /** Bytes that these may have together. */
  static final int MAX_WAITING_BYTES = 16 << 10;

  /** Bytes of a body that may wait behind its part that goes out: as many as a file is read by. */
  private static final int MAX_WAITING_BODY = 64 << 10;

  public final int id;

  /** Bytes of DATA that the client takes now; below zero after a SETTINGS frame that lowered it. */
  long window;

  /** The client's headers were not all that it sends. */
  boolean hasBody;

  /** What comes next tells whether it has a body. */
  boolean bodyUnknown;

  /** The client sends nothing more. */
  boolean remoteEnded;

  /** We send nothing more. */
  boolean localEnded;

  /** We send nothing after what waits. */
  boolean ending;

  /** Reset by the client, or its connection is gone. */
  boolean gone;

  /** Helidon knows it no more. */
  boolean detached;

  /** In the queue of streams whose message may go out. */
  boolean queued;

  /** Its sender waits for its messages to go out. */
  boolean waits;

  /** When one of them last moved; of no meaning while nobody waits and it is not ending. */
  long progress;

  /** Wakes the sender; made when one has to wait for the first time. */
  Condition moved;

  /** Who is to be told that the client is gone; null until the handler starts. */
  Handler handler;

  /** What goes before each message, in bytes: nothing, until a gRPC handler takes the stream. */
  private int prefix;

  /** The message that goes out, or null when there is none. */
  private byte[] message;

  /** Whether it is compressed: the first byte of its prefix. */
  private boolean compressed;

  /** How much of it is out, its prefix included. */
  private int done;

  /** A ring of messages; made when one has to wait for the first time. */
  private byte[][] waiting;

  /** Which slots of the ring have a compressed message, a bit for each. */
  private int compressedSlots;

  private int firstWaiting;
  private int waitingCount;
  private int waitingBytes;

  OpenStream(int id, long window) {
    this.id = id;
    this.window = window;
  }

  /** From now on it carries messages of gRPC. */
  void becomeGrpc() {
    prefix = GRPC_PREFIX;
  }

  /** Whether a message of this length may be offered now. */
  boolean takes(int length) {
    int most = prefix > 0 ? MAX_WAITING_BYTES : MAX_WAITING_BODY;
    return message == null || (waitingCount < MAX_WAITING && waitingBytes + length <= most);
  }

  /** Takes a part of a body that is not empty, or a plain message; it must not change any more. */
  void offer(byte[] bytes) {
    offer(bytes, false);
  }

  /** Takes a message, which must not change any more. */
  void offer(byte[] bytes, boolean gzip) {
    if (message == null) {
      message = bytes;
      compressed = gzip;
      return;
    }
    if (waiting == null) {
      waiting = new byte[MAX_WAITING][];
    } else if (waitingCount == waiting.length) {
      growRing();
    }
    int slot = slot(waitingCount++);
    waiting[slot] = bytes;
    if (gzip) {
      compressedSlots |= 1 << slot;
    }
    waitingBytes += bytes.length;
  }

  /** For what Helidon sends without asking whether it is taken: parts of bodies. */
  private void growRing() {
    byte[][] larger = new byte[2 * waiting.length][];
    for (int i = 0; i < waitingCount; i++) {
      larger[i] = waiting(i);
    }
    waiting = larger;
    firstWaiting = 0;
  }

  /** How much of the message that goes out is left, its prefix included; 0 when there is none. */
  int remaining() {
    return message == null ? 0 : prefix + message.length - done;
  }

  /**
   * How many bytes of messages may go out now by the window of the stream: whole messages; of one
   * that does not fit, a part, if it has begun or if it is larger than {@code small} and so much of
   * the window is left. Of a body any part.
   */
  long sendable(int small) {
    if (prefix == 0) {
      return Math.clamp(window, 0, remaining() + (long) waitingBytes);
    }
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
      left = next < waitingCount ? prefix + waiting(next).length : 0;
    }
    return total;
  }

  private byte[] waiting(int index) {
    return waiting[slot(index)];
  }

  /** The ring's length is a power of two. */
  private int slot(int index) {
    return (firstWaiting + index) & (waiting.length - 1);
  }

  /** Copies the next {@code count} bytes of messages into a buffer; there are as many. */
  void copyTo(byte[] buffer, int at, int count) {
    int to = at;
    int end = at + count;
    while (to < end) {
      while (done < prefix && to < end) {
        buffer[to++] =
            done == 0
                ? (byte) (compressed ? 1 : 0)
                : (byte) (message.length >> (8 * (prefix - 1 - done)));
        done++;
      }
      if (done >= prefix) {
        // Not so if the frame ends within the prefix, where the window did.
        int part = Math.min(end - to, prefix + message.length - done);
        System.arraycopy(message, done - prefix, buffer, to, part);
        done += part;
        to += part;
        if (done == prefix + message.length) {
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
      compressed = (compressedSlots >> firstWaiting & 1) != 0;
      compressedSlots &= ~(1 << firstWaiting);
      waiting[firstWaiting] = null;
      firstWaiting = slot(1);
      waitingCount--;
      waitingBytes -= message.length;
    }
  }

  /**
   * Part of what waits went out. A gRPC stream lives for as long as its client takes something. A
   * part of an HTTP answer has one time limit, however slowly it goes out: as a write over HTTP/1.1
   * has.
   */
  void madeProgress(long now) {
    if (prefix > 0) {
      progress = now;
    }
  }

  /** Whether a message is partly out. */
  boolean isWithinMessage() {
    return done > 0;
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

  /** Reset, or its connection is gone: wakes its sender. */
  void lost() {
    gone = true;
    wake();
  }

  void wake() {
    if (moved != null) {
      moved.signal();
    }
  }
}
