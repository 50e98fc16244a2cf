package dev.controlplane.transport.frames;

import io.helidon.common.buffers.DataReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Reads one connection, frame by frame, and knows for how long it has waited. The thread of the
 * connection reads; others ask for times.
 */
public final class FrameReader {
  private static final int PREFACE = 24;

  /** What a client that refuses to speak HTTP/2 may still send before the connection closes. */
  private static final int MOST_AFTER_REFUSAL = 64 << 10;

  /** How long a client that is sent away may take to read why. */
  private static final long LAST_FRAMES = TimeUnit.MILLISECONDS.toNanos(500);

  private static final byte[] FIRST_LINE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final DataReader socket;

  /** When the preface, or the frame or header block that is being read, began; 0 between them. */
  private volatile long beganAt = System.nanoTime() | 1;

  /** When the client was sent away; 0 while it is welcome. */
  private volatile long sentAwayAt;

  /** When the thread of the connection last began to wait for bytes; 0 while it does not wait. */
  private volatile long waitingSince;

  /** A reader of a connection that begins now. */
  public FrameReader(DataReader socket) {
    this.socket = socket;
  }

  /**
   * How long nothing has come in, in nanoseconds; 0 while the connection's thread is busy with what
   * came.
   */
  public long silentFor(long now) {
    long since = waitingSince;
    return since == 0 ? 0 : now - since;
  }

  /**
   * How long the preface, a frame other than DATA or a header block has been on its way, in
   * nanoseconds; 0 while there is none.
   */
  public long unfinishedFor(long now) {
    long began = beganAt;
    return began == 0 ? 0 : now - began;
  }

  /** What was being read, a frame or a header block, is there: nothing is on its way now. */
  public void idle() {
    beganAt = 0;
  }

  /**
   * Waits for what every connection of HTTP/2 begins with (RFC 9113, section 3.4).
   *
   * @return false as soon as it is something else
   * @throws DataReader.InsufficientDataAvailableException if the client leaves before
   */
  public boolean awaitPreface() {
    for (int length = 1; length <= PREFACE; length++) {
      if (!socket.startsWith(Arrays.copyOf(FIRST_LINE, length))) {
        return false;
      }
    }
    idle();
    return true;
  }

  /** Reads over what a client still sends that was refused, so that it gets its answer. */
  public void readOver() {
    for (int all = 0; all < MOST_AFTER_REFUSAL; ) {
      int length = socket.available();
      socket.skip(length);
      all += length;
      socket.pullData();
    }
  }

  /**
   * Reads over what a client still sends that floods the connection: closing with bytes unread
   * would reset the connection, and the client would not see why it is sent away.
   */
  public void readOverLastFrames() {
    sentAwayAt = System.nanoTime() | 1;
    try {
      while (System.nanoTime() - sentAwayAt < LAST_FRAMES) {
        socket.skip(socket.available());
        socket.pullData();
      }
    } catch (DataReader.InsufficientDataAvailableException e) {
      // It has closed the connection.
    }
  }

  /** Whether a client that was sent away has had the time to see why. */
  public boolean overdue(long now) {
    long at = sentAwayAt;
    return at != 0 && now - at >= LAST_FRAMES;
  }

  /** The preface. */
  public byte[] preface() {
    return read(PREFACE);
  }

  /** The next frame; of one whose length is against the rules, the header alone. */
  public byte[] frame() {
    byte[] header = read(Frames.HEADER);
    int length = Frames.length(header, 0);
    if (Frames.type(header, 0) != Frames.DATA) {
      beganAt = System.nanoTime() | 1;
    }
    if (length == 0 || length > Frames.MAX_PAYLOAD) {
      return header;
    }
    byte[] payload = read(length);
    byte[] frame = new byte[Frames.HEADER + length];
    System.arraycopy(header, 0, frame, 0, Frames.HEADER);
    System.arraycopy(payload, 0, frame, Frames.HEADER, length);
    return frame;
  }

  /** The next bytes. */
  public byte[] read(int length) {
    while (socket.available() < length) {
      waitingSince = System.nanoTime() | 1;
      socket.pullData();
    }
    waitingSince = 0;
    return socket.readBytes(length);
  }
}
