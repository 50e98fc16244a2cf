package dev.controlplane.transport.frames;

import io.helidon.common.buffers.DataReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Reads HTTP/2 frames from the socket of one connection, and measures how long it has been waiting.
 *
 * <p>Only the connection's thread reads. Any thread may ask for the times.
 */
public final class FrameReader {
  private static final int PREFACE = 24;

  /**
   * How many bytes are read from a client that does not speak HTTP/2, after it was answered and
   * before the connection is closed.
   */
  private static final int MOST_AFTER_REFUSAL = 64 << 10;

  /** How long a client that flooded the connection has to read its GOAWAY. */
  private static final long LAST_FRAMES = TimeUnit.MILLISECONDS.toNanos(500);

  private static final byte[] FIRST_LINE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final DataReader socket;

  /**
   * The {@link System#nanoTime} at which the preface, frame or header block that is being read
   * began; 0 between them. Never 0 by chance: its lowest bit is set.
   */
  private volatile long beganAt = System.nanoTime() | 1;

  /** The {@link System#nanoTime} at which the client got its GOAWAY for a flood; 0 before that. */
  private volatile long sentAwayAt;

  /**
   * The {@link System#nanoTime} at which the connection's thread began to wait for bytes; 0 while
   * it is not waiting.
   */
  private volatile long waitingSince;

  /** Creates a reader for a new connection, whose preface comes next. */
  public FrameReader(DataReader socket) {
    this.socket = socket;
  }

  /**
   * Returns for how many nanoseconds the reader has been waiting for bytes, or 0 while the
   * connection's thread is processing received bytes.
   */
  public long silentFor(long now) {
    long since = waitingSince;
    return since == 0 ? 0 : now - since;
  }

  /**
   * Returns for how many nanoseconds the preface, a header block or a frame other than DATA has
   * been incomplete, or 0 if none is being read.
   */
  public long unfinishedFor(long now) {
    long began = beganAt;
    return began == 0 ? 0 : now - began;
  }

  /** Notes that the frame or header block is complete. */
  public void idle() {
    beganAt = 0;
  }

  /**
   * Waits for the connection preface (RFC 9113, section 3.4) without consuming it.
   *
   * @return false as soon as the bytes differ from the preface
   * @throws DataReader.InsufficientDataAvailableException if the client closes the connection first
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

  /**
   * Discards what a refused client still sends, so that the client can read its answer before the
   * connection closes.
   */
  public void readOver() {
    for (int all = 0; all < MOST_AFTER_REFUSAL; ) {
      int length = socket.available();
      socket.skip(length);
      all += length;
      socket.pullData();
    }
  }

  /**
   * Discards what a flooding client still sends, for at most {@link #LAST_FRAMES}. If the
   * connection were closed with unread bytes, the kernel would reset it and the client would never
   * read its GOAWAY.
   */
  public void readOverLastFrames() {
    sentAwayAt = System.nanoTime() | 1;
    try {
      while (System.nanoTime() - sentAwayAt < LAST_FRAMES) {
        socket.skip(socket.available());
        socket.pullData();
      }
    } catch (DataReader.InsufficientDataAvailableException e) {
      // The client has closed the connection.
    }
  }

  /** Returns whether a client that got GOAWAY for a flood has had enough time to read it. */
  public boolean overdue(long now) {
    long at = sentAwayAt;
    return at != 0 && now - at >= LAST_FRAMES;
  }

  /** Reads the connection preface. */
  public byte[] preface() {
    return read(PREFACE);
  }

  /**
   * Reads the next frame. If its length is 0 or above the maximum, returns only the frame's header.
   */
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

  /** Reads exactly {@code length} bytes; waits for them. */
  public byte[] read(int length) {
    while (socket.available() < length) {
      waitingSince = System.nanoTime() | 1;
      socket.pullData();
    }
    waitingSince = 0;
    return socket.readBytes(length);
  }
}
