package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Flood;
import dev.controlplane.transport.frames.FrameBudget;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.grpc.GrpcStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostileClientTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(500);

  @Test
  void aClientThatProvokesResetsIsSentAway() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      boolean open = true;
      int most = 10 * FrameLimits.DEFAULTS.resets() / FrameBudget.PROVOKED;
      for (int i = 0; i < 4 * most && open; i++) {
        int id = 2 * i + 1;
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        frames.writeBytes(headers(id));
        frames.writeBytes(Frames.windowUpdate(id, 0));
        open = client.trySend(frames.toByteArray());
      }
      // By ENHANCE_YOUR_CALM, unless Helidon fails at one of the resets first and ends it itself.
      assertTrue(client.connectionLost(LONG));
    }
  }

  @Test
  void aFloodOfFramesThatCarryNothingEndsTheConnection() throws Exception {
    List<byte[]> floods =
        List.of(
            Frames.ping(1),
            frame(Frames.SETTINGS, 0, 0),
            Frames.windowUpdate(0, 1),
            frame(Frames.DATA, 0, 1),
            frame(0x2, 0, 1, 5));
    for (byte[] flood : floods) {
      try (Lab lab = Lab.guarded();
          RawClient client = RawClient.to(lab.port())) {
        client.send(headers(1));
        boolean open = true;
        for (int i = 0; i < 40 * FrameLimits.DEFAULTS.emptyFrames() && open; i++) {
          open = client.trySend(flood);
        }
        assertSentAway(client, "frames of type " + flood[3]);
      }
    }
  }

  @Test
  void aConnectionThatIsEndedForAFloodIsCounted() throws Exception {
    FrameLimits few = new FrameLimits(1, 10, 1);
    GrpcStreams.Settings settings =
        new GrpcStreams.Settings(LONG, LONG, LONG, 4 << 20, 100, 4 << 20, 4 << 20, few);
    long empty = Flood.EMPTY_FRAMES.ended();
    long continuations = Flood.CONTINUATIONS.ended();
    long resets = Flood.RESETS.ended();
    try (Lab lab = Lab.guarded(settings);
        RawClient client = RawClient.to(lab.port())) {
      for (int i = 0; i < 500 && client.trySend(Frames.ping(1)); i++) {}
      assertSentAway(client, "PING");
    }
    assertEquals(empty + 1, Flood.EMPTY_FRAMES.ended());
    try (Lab lab = Lab.guarded(settings);
        RawClient client = RawClient.to(lab.port())) {
      client.send(Frames.HEADERS, 0, 1, block("/lab.Lab/Echo", "application/grpc"));
      client.send(Frames.CONTINUATION, 0, 1, new byte[0]);
      client.send(Frames.CONTINUATION, Frames.END_HEADERS, 1, new byte[0]);
      assertSentAway(client, "CONTINUATION");
    }
    assertEquals(continuations + 1, Flood.CONTINUATIONS.ended());
    try (Lab lab = Lab.guarded(settings);
        RawClient client = RawClient.to(lab.port())) {
      for (int id = 1; id < 60; id += 2) {
        client.trySend(headers(id));
        client.trySend(Frames.reset(id, Frames.CANCEL));
      }
      assertSentAway(client, "RST_STREAM");
    }
    assertEquals(resets + 1, Flood.RESETS.ended());
  }

  @Test
  void whatIsNotGrpcGets415AndLeavesNoThreadWhetherOrNotItsBodyComes() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port());
        Client other = Client.to(lab.port())) {
      Client.Call call = other.subscribe();
      lab.awaitSubscriptions(1);
      for (int id = 1; id < 200; id += 2) {
        int stream = id;
        client.send(
            Frames.HEADERS, Frames.END_HEADERS, id, block("/lab.Lab/Echo", "application/grpcx"));
        RawClient.Frame answer =
            client.await("HEADERS", f -> f.type() == Frames.HEADERS && f.streamId() == stream);
        assertTrue(answer.endStream());
        if (id == 1) {
          assertTrue(HeaderText.of(answer.payload()).contains("415"));
        }
        client.trySend(frame(Frames.DATA, 0, id, 100));
      }
      client.abort();
      Await.until(
          "its threads ended",
          LONG,
          () -> Threads.ofStreams().stream().filter(t -> !before.contains(t)).count() <= 1);
      lab.broadcast("x");
      assertEquals(1, call.next().length);
    }
  }

  @Test
  void http11OnThePortOfHttp2GetsOneAnswer() throws Exception {
    try (Lab lab = Lab.guarded();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), lab.port())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              """
              GET / HTTP/1.1
              Host: x
              Connection: Upgrade, HTTP2-Settings
              Upgrade: h2c
              HTTP2-Settings: AAMAAABkAAQAAP__

              """
                  .replace("\n", "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 505", new String(answer, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void aConnectionThatSaysNothingOrNoWholeStartIsClosedInTime() throws Exception {
    for (String start : List.of("", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "WHOLE")) {
      try (Lab lab = Lab.guarded(hurried());
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), lab.port())) {
        socket.setSoTimeout(10_000);
        if (start.equals("WHOLE")) {
          // The preface, and a header block without its end.
          socket
              .getOutputStream()
              .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          socket.getOutputStream().write(frame(Frames.SETTINGS, 0, 0));
          socket.getOutputStream().write(frame(Frames.HEADERS, 0, 1, 3));
        } else {
          socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
        }
        try {
          socket.getInputStream().readAllBytes();
        } catch (java.net.SocketException e) {
          // closed too
        }
      } catch (IOException e) {
        throw new AssertionError("not closed in time after \"" + start + "\"", e);
      }
    }
  }

  private static GrpcStreams.Settings hurried() {
    return new GrpcStreams.Settings(LONG, LONG, SHORT, 4 << 20, 1 << 16);
  }

  /**
   * A socket that is closed with bytes still unread is reset, and the reset may overtake the
   * GOAWAY: then the end of the connection is all that the client learns.
   */
  private static void assertSentAway(RawClient client, String after) throws InterruptedException {
    RawClient.Frame end =
        client.await(
            "end after " + after, f -> f.type() == Frames.GOAWAY || f.type() == RawClient.CLOSED);
    if (end.type() == Frames.GOAWAY) {
      assertEquals(Frames.ENHANCE_YOUR_CALM, end.errorCode(), after);
    }
  }

  private static byte[] headers(int id) {
    byte[] block = block("/lab.Lab/Echo", "application/grpc");
    byte[] frame = new byte[Frames.HEADER + block.length];
    Frames.putHeader(frame, 0, block.length, Frames.HEADERS, Frames.END_HEADERS, id);
    System.arraycopy(block, 0, frame, Frames.HEADER, block.length);
    return frame;
  }

  private static byte[] frame(int type, int flags, int id) {
    return frame(type, flags, id, 0);
  }

  private static byte[] frame(int type, int flags, int id, int length) {
    byte[] frame = new byte[Frames.HEADER + length];
    Frames.putHeader(frame, 0, length, type, flags, id);
    return frame;
  }

  private static byte[] block(String path, String type) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    block.write(0x04); // :path
    RawClient.string(block, path);
    block.write(0x01); // :authority
    RawClient.string(block, "127.0.0.1");
    RawClient.field(block, "content-type", type);
    return block.toByteArray();
  }
}
