package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.files.KeptParts;
import dev.controlplane.client.files.PartFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
  private static final byte[] BYTES = Fixtures.random(300_000);
  private static final String CHECKSUM = Fixtures.sha256(BYTES);

  @TempDir private Path directory;

  @Test
  void aTransferThatBreaksOffIsTakenUpWhereItStopped() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (FakeServer server =
            new FakeServer(
                exchange ->
                    FakeServer.bytes(
                        exchange,
                        BYTES,
                        CHECKSUM,
                        calls.incrementAndGet() < 3 ? 100_000 : BYTES.length));
        ControlPlaneClient client = server.client()) {
      Path file = directory.resolve("file");
      Downloaded downloaded = client.download("w", null, file, Progress.NONE);
      assertEquals(new Downloaded("w", "1.0.0", CHECKSUM, BYTES.length), downloaded);
      assertArrayEquals(BYTES, Files.readAllBytes(file));
      assertEquals(
          List.of("GET /file/w", "GET /file/w bytes=100000-", "GET /file/w bytes=200000-"),
          server.requests());
    }
  }

  private void download(Path file) throws Exception {
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.bytes(exchange, BYTES, CHECKSUM, BYTES.length));
        ControlPlaneClient client = server.client()) {
      client.download("w", null, file, Progress.NONE);
    }
  }

  @Test
  void aLinkToAFileThatIsNotThereYetMakesThatFile() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
    download(link);
    assertTrue(Files.isSymbolicLink(link));
    assertArrayEquals(BYTES, Files.readAllBytes(directory.resolve("file")));
  }

  @Test
  void aLinkThatLeadsToItselfAndADirectoryThatIsNotThereAreNamed() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("link"));
    IOException loop = assertThrows(IOException.class, () -> download(link));
    assertTrue(loop.getMessage().contains(link + ": too many links"), loop::getMessage);
    Path nowhere = directory.resolve("nowhere");
    IOException missing = assertThrows(IOException.class, () -> download(nowhere.resolve("file")));
    assertEquals(nowhere + ": no such directory", missing.getMessage());
  }

  @Test
  void aVersionThatChangedMeanwhileIsFetchedFromItsStart() throws Exception {
    byte[] newer = Fixtures.random(200_000);
    AtomicInteger calls = new AtomicInteger();
    try (FakeServer server =
            new FakeServer(
                exchange -> {
                  if (calls.incrementAndGet() == 1) {
                    FakeServer.bytes(exchange, BYTES, CHECKSUM, 100_000);
                  } else {
                    FakeServer.bytes(exchange, newer, Fixtures.sha256(newer), newer.length);
                  }
                });
        ControlPlaneClient client = server.client()) {
      Path file = directory.resolve("file");
      client.download("w", null, file, Progress.NONE);
      assertArrayEquals(newer, Files.readAllBytes(file));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      calls.set(0);
      IOException failure =
          assertThrows(IOException.class, () -> client.download("w", null, stream, Progress.NONE));
      assertTrue(failure.getMessage().contains("changed on the server"), failure::getMessage);
    }
  }

  @Test
  void aDownloadThatMakesProgressGoesOnHoweverOftenItBreaks() throws Exception {
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.bytes(exchange, BYTES, CHECKSUM, 10_000));
        ControlPlaneClient client = server.client()) {
      Path file = directory.resolve("file");
      client.download("w", null, file, Progress.NONE);
      assertArrayEquals(BYTES, Files.readAllBytes(file));
      assertEquals(30, server.requests().size());
    }
  }

  @Test
  void anAgentsPartIsTakenUpByTheNextProcess() throws Exception {
    KeptParts parts = new KeptParts(directory.resolve("parts"));
    try (PartFile part = parts.open("w", CHECKSUM)) {
      part.write(ByteBuffer.wrap(BYTES, 0, 200_000));
    }
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.bytes(exchange, BYTES, CHECKSUM, BYTES.length));
        ControlPlaneClient client = server.client();
        PartFile part = parts.open("w", CHECKSUM)) {
      client.fetching().fetch("w", "/file/w/version/1", CHECKSUM, part);
      assertArrayEquals(BYTES, Files.readAllBytes(part.path()));
      assertEquals(List.of("GET /file/w/version/1 bytes=200000-"), server.requests());
    }
  }

  @Test
  void anAgentsPartWithOtherBytesIsFetchedFromItsStart() throws Exception {
    KeptParts parts = new KeptParts(directory.resolve("parts"));
    for (int wrong : List.of(1000, BYTES.length, BYTES.length + 5)) {
      try (PartFile part = parts.open("w", CHECKSUM)) {
        part.restart();
        part.write(ByteBuffer.allocate(wrong));
      }
      try (FakeServer server =
              new FakeServer(
                  exchange -> FakeServer.bytes(exchange, BYTES, CHECKSUM, BYTES.length));
          ControlPlaneClient client = server.client();
          PartFile part = parts.open("w", CHECKSUM)) {
        client.fetching().fetch("w", "/file/w/version/1", CHECKSUM, part);
        assertArrayEquals(BYTES, Files.readAllBytes(part.path()));
      }
    }
  }

  @Test
  void aServerThatBreaksOffEveryTimeIsGivenUpAndNothingIsLeft() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (FakeServer server =
            new FakeServer(
                exchange ->
                    FakeServer.bytes(
                        exchange, BYTES, CHECKSUM, calls.incrementAndGet() == 1 ? 1000 : 0));
        ControlPlaneClient client = server.client()) {
      UnreachableException failure =
          assertThrows(
              UnreachableException.class,
              () -> client.download("w", "v", directory.resolve("file"), Progress.NONE));
      assertTrue(failure.getMessage().contains("of 300000 bytes"), failure::getMessage);
      assertEquals(1 + Fixtures.QUICK.resumes(), server.requests().size());
    }
    assertEquals(List.of(), Fixtures.files(directory));
  }

  @Test
  void bytesWithAnotherDigestAreNotKeptAndTheOldFileStays() throws Exception {
    Path file = directory.resolve("file");
    Files.writeString(file, "old");
    byte[] wrong = BYTES.clone();
    wrong[BYTES.length - 1] ^= 1;
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.bytes(exchange, wrong, CHECKSUM, wrong.length));
        ControlPlaneClient client = server.client()) {
      assertThrows(DamagedException.class, () -> client.download("w", "v", file, Progress.NONE));
    }
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("file"), Fixtures.files(directory));
  }

  @Test
  void anAnswerWithoutADigestIsNotTrusted() throws Exception {
    try (FakeServer server = new FakeServer(exchange -> exchange.sendResponseHeaders(200, -1));
        ControlPlaneClient client = server.client()) {
      assertThrows(
          UnexpectedAnswerException.class,
          () -> client.download("w", "v", directory.resolve("file"), Progress.NONE));
    }
  }

  @Test
  void reprDigestIsEnoughAndMustAgree() throws Exception {
    // RFC 9530, section 3: the Base64 of the digest of no bytes at all.
    String header = "sha-512=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    AtomicInteger calls = new AtomicInteger();
    try (FakeServer server =
            new FakeServer(
                exchange -> {
                  exchange.getResponseHeaders().set("Repr-Digest", header);
                  if (calls.incrementAndGet() == 2) {
                    exchange.getResponseHeaders().set("X-File-Checksum", CHECKSUM);
                  }
                  exchange.sendResponseHeaders(200, -1);
                });
        ControlPlaneClient client = server.client()) {
      Path file = directory.resolve("file");
      assertEquals(0, client.download("w", "v", file, Progress.NONE).size());
      assertEquals(0, Files.size(file));
      assertThrows(
          UnexpectedAnswerException.class, () -> client.download("w", "v", file, Progress.NONE));
    }
  }

  @Test
  void theServersReasonIsPassedOn() throws Exception {
    try (FakeServer server =
            new FakeServer(
                exchange ->
                    FakeServer.json(
                        exchange, 404, "{\"error\":\"not_found\",\"message\":\"no worker w\"}"));
        ControlPlaneClient client = server.client()) {
      RefusedException refused =
          assertThrows(
              RefusedException.class,
              () -> client.download("w", null, directory.resolve("file"), Progress.NONE));
      assertEquals(RefusedException.Reason.NOT_FOUND, refused.reason());
      assertEquals("not_found", refused.code());
      assertEquals("no worker w", refused.getMessage());
    }
  }

  @Test
  void aProxysErrorPageIsToldByItsStatus() throws Exception {
    try (FakeServer server =
            new FakeServer(exchange -> FakeServer.json(exchange, 502, "<html>Bad Gateway</html>"));
        ControlPlaneClient client = server.client()) {
      RefusedException refused = assertThrows(RefusedException.class, () -> client.info("w"));
      assertEquals(RefusedException.Reason.UNAVAILABLE, refused.reason());
      assertTrue(refused.getMessage().contains("status 502"), refused::getMessage);
    }
  }
}
