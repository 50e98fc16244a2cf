package dev.controlplane.transport.http2;

import java.util.concurrent.locks.Condition;

/**
 * One open HTTP/2 stream: its window, which sides have ended, the message being sent and those that
 * wait behind it. For an HTTP answer, parts of the body take the place of messages. Every field is
 * guarded by the lock of its {@link ConnectionOutput}.
 */
public final class OpenStream {
  /** The handler of a stream's request, which is notified of the stream's end. */
  public interface Handler {
    /**
     * The stream was reset.
     *
     * @param helidonHears whether Helidon also gets the reset, and then wakes the stream's thread
     */
    void clientGone(boolean helidonHears);

    /** The connection is lost. Helidon may be waiting for a frame that will never arrive. */
    void connectionGone();
  }

  /**
   * The size of a message's prefix: a compressed flag and a length (gRPC over HTTP/2,
   * "Length-Prefixed-Message").
   */
  private static final int GRPC_PREFIX = 5;

  /**
   * How many messages may wait behind the one being sent. A sender is woken once for several of
   * them.
   */
  static final int MAX_WAITING = 8;

  /** How many bytes the waiting messages may have together. */
  static final int MAX_WAITING_BYTES = 16 << 10;

  /**
   * How many bytes of a body may wait behind the part being sent: as many as one read of a file
   * returns.
   */
  private static final int MAX_WAITING_BODY = 64 << 10;

  public final int id;

  /** The stream's send window in bytes. Negative after a SETTINGS frame that lowered it. */
  long window;

  /** The request's head did not end the stream, so a body follows. */
  boolean hasBody;

  /** The head does not tell whether there is a body; the next DATA frame does. */
  boolean bodyUnknown;

  /** The client has ended its side. */
  boolean remoteEnded;

  /** We have ended our side. */
  boolean localEnded;

  /** We will end our side after what is waiting. */
  boolean ending;

  /** Reset, or the connection is gone. */
  boolean gone;

  /** Helidon must not see frames of this stream any more. */
  boolean detached;

  /** {@link StreamBound} counts this stream. */
  boolean counted;

  /** In the flow control's queue of streams that have something to send. */
  boolean queued;

  /** A sender is waiting for messages to go out. */
  boolean waits;

  /**
   * The {@link System#nanoTime} of the last progress. Only meaningful while a sender waits or the
   * stream is ending.
   */
  long progress;

  /** Wakes the sender; created when one has to wait for the first time. */
  Condition moved;

  /** Null until the handler starts. */
  Handler handler;

  /** Bytes before each message: 0 for HTTP, {@link #GRPC_PREFIX} for gRPC. */
  private int prefix;

  /** The message being sent; null for none. */
  private byte[] message;

  /** Whether the message is compressed: the first byte of its prefix. */
  private boolean compressed;

  /** How many bytes of the message were sent, prefix included. */
  private int done;

  /** A ring of waiting messages; created when one has to wait for the first time. */
  private byte[][] waiting;

  /** A bit for each slot of the ring: whether its message is compressed. */
  private int compressedSlots;

  private int firstWaiting;
  private int waitingCount;
  private int waitingBytes;

  OpenStream(int id, long window) {
    this.id = id;
    this.window = window;
  }

  /** From now on the stream carries gRPC messages. */
  void becomeGrpc() {
    prefix = GRPC_PREFIX;
  }

  /** Whether a message of this length may be offered now. */
  boolean takes(int length) {
    int most = prefix > 0 ? MAX_WAITING_BYTES : MAX_WAITING_BODY;
    return message == null || (waitingCount < MAX_WAITING && waitingBytes + length <= most);
  }

  /**
   * Queues a plain message, or a part of a body that is not empty. The bytes must not change any
   * more.
   */
  void offer(byte[] bytes) {
    offer(bytes, false);
  }

  /** Queues a message. The bytes must not change any more. */
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

  /**
   * Doubles the ring. Only needed for parts of bodies, which Helidon sends without calling {@link
   * #takes}.
   */
  private void growRing() {
    byte[][] larger = new byte[2 * waiting.length][];
    for (int i = 0; i < waitingCount; i++) {
      larger[i] = waiting(i);
    }
    waiting = larger;
    firstWaiting = 0;
  }

  /** Unsent bytes of the message being sent, prefix included; 0 if there is none. */
  int remaining() {
    return message == null ? 0 : prefix + message.length - done;
  }

  /**
   * Returns how many bytes the stream's window allows to send now. Of a body that is any number. Of
   * messages it is whole ones; a message that does not fit is split only if its first part was
   * already sent, or if it is larger than {@code small} and at least {@code small} bytes of the
   * window are left.
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

  /** The position in the ring, whose length is a power of two. */
  private int slot(int index) {
    return (firstWaiting + index) & (waiting.length - 1);
  }

  /**
   * Copies the next {@code count} bytes of the queued messages into a buffer. There must be as
   * many.
   */
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
        // False if the frame ends within the prefix.
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
   * Notes that bytes of this stream were sent. A gRPC stream stays alive as long as its client
   * accepts something. A part of an HTTP answer has one time limit however slowly it is sent, like
   * a write over HTTP/1.1.
   */
  void madeProgress(long now) {
    if (prefix > 0) {
      progress = now;
    }
  }

  /** Whether a message was sent in part. */
  boolean isWithinMessage() {
    return done > 0;
  }

  /** Drops all unsent messages. */
  void withdraw() {
    while (message != null) {
      nextMessage();
    }
  }

  /** Wakes the waiting sender if at most half of the waiting messages are left. */
  void wakeIfWorthIt() {
    if (waitingCount <= MAX_WAITING / 2) {
      wake();
    }
  }

  /**
   * Marks the stream as gone, because it was reset or its connection is gone, and wakes its sender.
   */
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
