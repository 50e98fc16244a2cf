package dev.controlplane.transport;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.hpack.HeaderDecoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** A client that sends the frames it is told to and answers none by itself, but for SETTINGS. */
public final class RawClient implements AutoCloseable {
  /** Type of the frame that stands for the end of the connection. */
  static final int CLOSED = 255;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Bytes of DATA payload that came in. */
  public final AtomicLong dataBytes = new AtomicLong();

  private final Socket socket;
  private final OutputStream out;
  private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();

  /** Whether a header block was begun and not ended. */
  private boolean blockOpen;

  private boolean acknowledgementOwed;

  /** The last frames that were passed by, for the message of a test that fails. */
  private final ArrayDeque<String> passed = new ArrayDeque<>();

  @SuppressWarnings("ArrayRecordComponent")
  public record Frame(int type, int flags, int streamId, byte[] payload) {
    public boolean endStream() {
      return (flags & Frames.END_STREAM) != 0;
    }

    public int errorCode() {
      return Frames.int32(payload, type == Frames.GOAWAY ? 4 : 0);
    }
  }

  /** Connects, and begins to read at once. */
  public static RawClient to(int port, int... settings) {
    RawClient client = connect(port, settings);
    client.startReading();
    return client;
  }

  /** Connects without reading from the socket, whose buffer is small. */
  static RawClient connect(int port, int... settings) {
    try {
      Socket socket = new Socket();
      socket.setReceiveBufferSize(4096);
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return new RawClient(socket, settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private RawClient(Socket socket, int... settings) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    out.write(PREFACE);
    settings(settings);
  }

  void startReading() {
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (true) {
        byte[] header = in.readNBytes(Frames.HEADER);
        if (header.length < Frames.HEADER) {
          break;
        }
        byte[] payload = in.readNBytes(Frames.length(header, 0));
        Frame frame =
            new Frame(
                Frames.type(header, 0),
                Frames.flags(header, 0),
                Frames.streamId(header, 0),
                payload);
        if (frame.type == Frames.DATA) {
          dataBytes.addAndGet(payload.length);
        }
        if (frame.type == Frames.SETTINGS && (frame.flags & Frames.ACK) == 0) {
          acknowledgeSettings();
        }
        frames.add(frame);
      }
    } catch (IOException | UncheckedIOException e) {
      // the connection is over either way
    }
    frames.add(new Frame(CLOSED, 0, 0, new byte[0]));
  }

  /** Waits for a frame; those before it are passed by. */
  public Frame await(String what, Predicate<Frame> wanted) throws InterruptedException {
    while (true) {
      Frame frame = frames.poll(10, TimeUnit.SECONDS);
      if (frame == null) {
        throw new AssertionError("no " + what + " within 10 s, only " + passed);
      }
      note(frame);
      if (wanted.test(frame)) {
        return frame;
      }
      if (frame.type == CLOSED) {
        throw new AssertionError("no " + what + " until the connection ended, only " + passed);
      }
    }
  }

  /**
   * Waits until the server gives the connection up, by GOAWAY or by closing it; says whether it
   * does in time.
   */
  boolean connectionLost(Duration limit) throws InterruptedException {
    return getsWithin(limit, frame -> frame.type == CLOSED || frame.type == Frames.GOAWAY);
  }

  public boolean getsWithin(Duration limit, Predicate<Frame> wanted) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Frame frame = frames.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (frame == null) {
        return false;
      }
      note(frame);
      if (wanted.test(frame)) {
        return true;
      }
    }
  }

  private void note(Frame frame) {
    passed.add(frame.type + " flags " + frame.flags + " of " + frame.streamId);
    if (passed.size() > 20) {
      passed.remove();
    }
  }

  public Frame awaitData(int streamId) throws InterruptedException {
    return await(
        "DATA of stream " + streamId, f -> f.type == Frames.DATA && f.streamId == streamId);
  }

  public void awaitHeaders(int streamId) throws InterruptedException {
    await("HEADERS of " + streamId, f -> f.type == Frames.HEADERS && f.streamId == streamId);
  }

  public void awaitReset(int streamId, int errorCode) throws InterruptedException {
    await(
        "RST_STREAM of " + streamId + " with error " + errorCode,
        f -> f.type == Frames.RST_STREAM && f.streamId == streamId && f.errorCode() == errorCode);
  }

  /** Opens a stream and sends the one message of the request. */
  public void call(int streamId, String path, String message) {
    headers(streamId, path, false);
    message(streamId, message.getBytes(StandardCharsets.UTF_8), true);
  }

  /** A request of HTTP without a body. */
  public void get(int streamId, String path) {
    request(streamId, 0x82, path, true);
  }

  /** The head of a request of HTTP that has a body. */
  public void post(int streamId, String path) {
    request(streamId, 0x83, path, false);
  }

  private void request(int streamId, int method, String path, boolean endStream) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(method);
    block.write(0x86); // :scheme http
    block.write(0x04); // :path
    string(block, path);
    block.write(0x01); // :authority
    string(block, "127.0.0.1");
    field(block, "te", "trailers");
    send(
        Frames.HEADERS,
        Frames.END_HEADERS | (endStream ? Frames.END_STREAM : 0),
        streamId,
        block.toByteArray());
  }

  /** Opens a stream of gRPC with one more field. */
  public void headers(int streamId, String path, String name, String value) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(headerBlock(path));
    field(block, name, value);
    send(Frames.HEADERS, Frames.END_HEADERS, streamId, block.toByteArray());
  }

  public void headers(int streamId, String path, boolean endStream) {
    send(
        Frames.HEADERS,
        Frames.END_HEADERS | (endStream ? Frames.END_STREAM : 0),
        streamId,
        headerBlock(path));
  }

  /**
   * As grpc-java and grpc-go send it: pseudo-header names by index, nothing into the dynamic table.
   */
  static byte[] headerBlock(String path) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    block.write(0x04); // :path
    string(block, path);
    block.write(0x01); // :authority
    string(block, "127.0.0.1");
    field(block, "content-type", "application/grpc");
    field(block, "te", "trailers");
    return block.toByteArray();
  }

  public static void field(ByteArrayOutputStream block, String name, String value) {
    block.write(0x00);
    string(block, name);
    string(block, value);
  }

  static void string(ByteArrayOutputStream block, String value) {
    HeaderDecoder.writeInteger(value.length(), 7, 0, block);
    block.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }

  public void message(int streamId, byte[] message, boolean endStream) {
    byte[] prefixed = new byte[5 + message.length];
    Frames.putInt32(prefixed, 1, message.length);
    System.arraycopy(message, 0, prefixed, 5, message.length);
    send(Frames.DATA, endStream ? Frames.END_STREAM : 0, streamId, prefixed);
  }

  public void settings(int... idsAndValues) {
    byte[] payload = new byte[idsAndValues.length * 3];
    for (int i = 0; i < idsAndValues.length; i += 2) {
      payload[i * 3] = (byte) (idsAndValues[i] >> 8);
      payload[i * 3 + 1] = (byte) idsAndValues[i];
      Frames.putInt32(payload, i * 3 + 2, idsAndValues[i + 1]);
    }
    send(Frames.SETTINGS, 0, 0, payload);
  }

  public void reset(int streamId, int errorCode) {
    send(Frames.reset(streamId, errorCode));
  }

  public void windowUpdate(int streamId, int increment) {
    send(Frames.windowUpdate(streamId, increment));
  }

  public void ping() {
    send(Frames.ping(42));
  }

  public synchronized void send(int type, int flags, int streamId, byte[] payload) {
    byte[] frame = new byte[Frames.HEADER + payload.length];
    Frames.putHeader(frame, 0, payload.length, type, flags, streamId);
    System.arraycopy(payload, 0, frame, Frames.HEADER, payload.length);
    send(frame);
    if (type == Frames.HEADERS || type == Frames.CONTINUATION) {
      blockOpen = (flags & Frames.END_HEADERS) == 0;
      if (!blockOpen && acknowledgementOwed) {
        acknowledgementOwed = false;
        acknowledgeSettings();
      }
    }
  }

  /** No frame may come between those of a header block, so this one waits for the block's end. */
  private synchronized void acknowledgeSettings() {
    if (blockOpen) {
      acknowledgementOwed = true;
    } else {
      send(Frames.SETTINGS, Frames.ACK, 0, new byte[0]);
    }
  }

  /** Sends unless the connection is closed; says whether it was open. */
  boolean trySend(byte[] bytes) {
    try {
      send(bytes);
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  public synchronized void send(byte[] frame) {
    try {
      out.write(frame);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Ends the connection with a TCP reset, as the kernel does for a process that was killed with
   * bytes unread.
   */
  public void abort() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
