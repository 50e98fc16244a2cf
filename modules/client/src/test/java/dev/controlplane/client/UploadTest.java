package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
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
}
