package dev.controlplane.system.agents;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A proxy before a gRPC port that speaks HTTP/2 in clear text. Until it lets calls through it
 * answers them with an error page of its own, or not at all.
 */
final class GrpcProxy implements AutoCloseable {
  /** Answers PINGs, and no call. */
  static final int SILENT = 0;

  /** Takes every call, and sends no message. */
  static final int NO_MESSAGES = 200;

  private static final int PREFACE = 24;

  private static final byte DATA = 0;
  private static final byte HEADERS = 1;
  private static final byte SETTINGS = 4;
  private static final byte PING = 6;
  private static final byte ACK = 1;
  private static final byte END_STREAM = 1;
  private static final byte END_HEADERS = 4;

  private final ServerSocket listener;
  private final int target;
  private final int status;
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean open;

  /**
   * Listens.
   *
   * @param target the port that calls are let through to
   * @param status what they are answered with before that; or {@link #SILENT}, {@link #NO_MESSAGES}
   */
  GrpcProxy(int target, int status) {
    this.target = target;
    this.status = status;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** How many calls have come that were not let through. */
  int calls() {
    return calls.get();
  }

  /** Lets the calls of new connections through. */
  void letThrough() {
    open = true;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (open) {
          Relay.between(client, new Socket(InetAddress.getLoopbackAddress(), target));
        } else {
          Thread.ofVirtual().start(() -> answer(client));
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  private void answer(Socket client) {
    try (client;
        DataInputStream in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream()) {
      in.readFully(new byte[PREFACE]);
      write(out, SETTINGS, 0, 0, new byte[0]);
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        byte type = in.readByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = new byte[length];
        in.readFully(payload);
        if (type == SETTINGS && flags != ACK) {
          write(out, SETTINGS, ACK, 0, new byte[0]);
        } else if (type == PING && flags != ACK) {
          write(out, PING, ACK, 0, payload);
        } else if (type == HEADERS) {
          calls.incrementAndGet();
          if (status == NO_MESSAGES) {
            write(out, HEADERS, END_HEADERS, stream, head("application/grpc"));
          } else if (status != SILENT) {
            write(out, HEADERS, END_HEADERS, stream, head("text/html"));
            write(out, DATA, END_STREAM, stream, "<h1>Sorry</h1>\n".repeat(9).getBytes(UTF_8));
          }
        }
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  /** HPACK (RFC 7541, 6.2.2): literals whose names are in the static table. */
  private byte[] head(String contentType) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    literal(block, 8, String.valueOf(status)); // :status
    literal(block, 31, contentType);
    // No two answers are the same.
    literal(block, 33, Instant.now() + " " + calls); // date
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, int name, String value) {
    if (name < 15) {
      block.write(name);
    } else {
      block.write(15);
      block.write(name - 15);
    }
    byte[] bytes = value.getBytes(UTF_8);
    block.write(bytes.length);
    block.writeBytes(bytes);
  }

  private static void write(OutputStream out, byte type, int flags, int stream, byte[] payload)
      throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) 0).putShort((short) payload.length).put(type).put((byte) flags);
    frame.putInt(stream).put(payload);
    out.write(frame.array());
    out.flush();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
