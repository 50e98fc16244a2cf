package dev.controlplane.client.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.FakeServer;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.Progress;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.answers.Published;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class UploadTest {
  private static final byte[] BYTES = Fixtures.random(150_000);

  @TempDir private Path directory;

  private static String answer(byte[] stored) {
    return """
    {"success":true,"message":"ok","metadata":%s,"created":true,"revision":3}\
    """
        .formatted(Fixtures.metadata("w", "v", stored));
  }

  @Test
  void aFileIsSentWithItsLengthUnderItsEncodedName() throws Exception {
    Path file = directory.resolve("file");
    Files.write(file, BYTES);
    AtomicReference<byte[]> received = new AtomicReference<>();
    AtomicReference<String> length = new AtomicReference<>();
    List<Long> steps = new ArrayList<>();
    try (FakeServer server =
            new FakeServer(
                exchange -> {
                  length.set(exchange.getRequestHeaders().getFirst("Content-Length"));
                  received.set(exchange.getRequestBody().readAllBytes());
                  FakeServer.json(exchange, 200, answer(BYTES));
                });
        ControlPlaneClient client = server.client()) {
      Published published =
          client.upload(
              "ü?#%;w",
              "v 1",
              file,
              (done, total) -> {
                assertEquals(BYTES.length, total);
                steps.add(done);
              });
      assertEquals(3, published.revision());
      assertEquals(Fixtures.sha256(BYTES), published.info().checksum());
      assertEquals(List.of("PUT /workers/%C3%BC%3F%23%25%3Bw/versions/v%201"), server.requests());
    }
    assertArrayEquals(BYTES, received.get());
    assertEquals(String.valueOf(BYTES.length), length.get());
    assertEquals(BYTES.length, steps.getLast());
  }

  @Test
  void aStreamOfUnknownLengthIsSentToItsEnd() throws Exception {
    AtomicReference<byte[]> received = new AtomicReference<>();
    try (FakeServer server =
            new FakeServer(
                exchange -> {
                  received.set(exchange.getRequestBody().readAllBytes());
                  FakeServer.json(exchange, 200, answer(BYTES));
                });
        ControlPlaneClient client = server.client()) {
      client.upload("w", "v", new ByteArrayInputStream(BYTES), Progress.NONE);
    }
    assertArrayEquals(BYTES, received.get());
  }

  @Test
  void aServerThatStoredOtherBytesIsFoundOut() throws Exception {
    try (FakeServer server =
            new FakeServer(
                exchange -> FakeServer.json(exchange, 200, answer(Fixtures.random(10))));
        ControlPlaneClient client = server.client()) {
      assertThrows(
          DamagedException.class,
          () -> client.upload("w", "v", new ByteArrayInputStream(BYTES), Progress.NONE));
    }
  }

  @Test
  void otherBytesUnderAUsedVersionAreAConflict() throws Exception {
    try (FakeServer server =
            new FakeServer(
                exchange ->
                    FakeServer.json(
                        exchange, 409, "{\"error\":\"conflict\",\"message\":\"other bytes\"}"));
        ControlPlaneClient client = server.client()) {
      RefusedException refused =
          assertThrows(
              RefusedException.class,
              () -> client.upload("w", "v", new ByteArrayInputStream(BYTES), Progress.NONE));
      assertEquals(RefusedException.Reason.CONFLICT, refused.reason());
    }
  }

  @Test
  void anAnswerThatIsNotOursIsSaidToBeSo() throws Exception {
    try (FakeServer server = new FakeServer(exchange -> FakeServer.json(exchange, 200, "hello"));
        ControlPlaneClient client = server.client()) {
      UnexpectedAnswerException failure =
          assertThrows(UnexpectedAnswerException.class, () -> client.delete("w", "v"));
      assertEquals(Server.UPLOAD, failure.server());
    }
  }

  @Test
  void aNameThatIsAPathNeverReachesTheServer() throws Exception {
    try (FakeServer server = new FakeServer(exchange -> exchange.sendResponseHeaders(200, -1));
        ControlPlaneClient client = server.client()) {
      assertThrows(InvalidNameException.class, () -> client.delete("..", "v"));
      assertThrows(InvalidNameException.class, () -> client.rollback("w", "a/b"));
      assertThrows(InvalidNameException.class, () -> client.info(""));
      assertEquals(List.of(), server.requests());
    }
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws Exception {
    FakeServer server = new FakeServer(exchange -> exchange.sendResponseHeaders(200, -1));
    try (ControlPlaneClient client = server.client()) {
      server.close();
      UnreachableException failure =
          assertThrows(UnreachableException.class, () -> client.info("w"));
      assertEquals(
          "consumer-server at " + server.url() + ": connection refused", failure.getMessage());
    }
  }

  /** Takes one request, answers it before its body has ended, and closes the connection. */
  private static void refuseEarly(ServerSocket listener, CountDownLatch closed) {
    try (Socket socket = listener.accept()) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      if (head.indexOf("Expect: 100-continue") >= 0) {
        out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      }
      in.readNBytes(50_000);
      String body = "{\"error\":\"too_large\",\"message\":\"too much\"}";
      out.write(
          ("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body)
              .getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      closed.countDown();
    }
  }

  @Test
  @Timeout(30)
  void aRefusalIsToldWhileTheSourcePauses() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ControlPlaneClient client =
            FakeServer.client("http://127.0.0.1:" + listener.getLocalPort())) {
      Thread.ofVirtual().start(() -> refuseEarly(listener, closed));
      RefusedException refused =
          assertThrows(
              RefusedException.class,
              () -> client.upload("w", "v", pausing(100_000, never, 0), Progress.NONE));
      assertEquals("too_large", refused.code());
      never.countDown();
    }
  }

  @Test
  @Timeout(30)
  void aRefusalIsToldThoughTheConnectionWasClosedBehindIt() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ControlPlaneClient client =
            FakeServer.client("http://127.0.0.1:" + listener.getLocalPort())) {
      Thread.ofVirtual().start(() -> refuseEarly(listener, closed));
      RefusedException refused =
          assertThrows(
              RefusedException.class,
              () -> client.upload("w", "v", pausing(100_000, closed, 9_000_000), Progress.NONE));
      assertEquals("too much", refused.getMessage());
    }
  }

  /** Some bytes, a pause until the latch opens, and more bytes. */
  private static InputStream pausing(int first, CountDownLatch pause, int more) {
    return new SequenceInputStream(
        new ByteArrayInputStream(new byte[first]),
        new InputStream() {
          private final InputStream rest = new ByteArrayInputStream(new byte[more]);

          @Override
          public int read() throws IOException {
            throw new AssertionError();
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
              pause.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return rest.read(bytes, offset, length);
          }
        });
  }

  @Test
  void aSourceThatCannotBeReadIsNoFaultOfTheServer() throws Exception {
    InputStream broken = new BrokenSource();
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.json(exchange, 200, answer(BYTES)));
        ControlPlaneClient client = server.client()) {
      IOException failure =
          assertThrows(
              IOException.class,
              () ->
                  client.upload(
                      "w",
                      "v",
                      new SequenceInputStream(new ByteArrayInputStream(BYTES), broken),
                      Progress.NONE));
      assertEquals("the disk is gone", failure.getMessage());
    }
  }

  private static final class BrokenSource extends InputStream {
    @Override
    public int read() throws IOException {
      throw new IOException("the disk is gone");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return read();
    }
  }
}
