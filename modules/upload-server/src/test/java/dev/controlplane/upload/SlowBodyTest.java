package dev.controlplane.upload;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Form;
import dev.controlplane.upload.UploadFixture.Wire;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that are too slow: with half a second of patience instead of thirty. */
@SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with CR LF
class SlowBodyTest {
  private static UploadFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture =
        UploadFixture.start(
            "UPLOAD_IDLE_TIMEOUT",
            "PT0.5S",
            "UPLOAD_MIN_BYTES_PER_SECOND",
            "100000",
            "REQUEST_HEAD_TIMEOUT",
            "PT0.5S");
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @Test
  void aSilentClientGets408AndLeavesNothing() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send("PUT /workers/w/versions/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
              .send("hello")
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
      assertTrue(answer.contains("\"slow_body\""), answer);
    }
    fixture.awaitNoLeftovers();
  }

  @Test
  void aClientThatTricklesGets408AndLeavesNothing() {
    byte[] form = Form.of("w", "1", new byte[100_000]).bytes();
    try (Wire wire = new Wire(server)) {
      wire.send(
          "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: "
              + form.length
              + "\r\nContent-Type: multipart/form-data; boundary="
              + Form.BOUNDARY
              + "\r\n\r\n");
      for (int i = 0; i < 1000; i++) {
        try {
          wire.send(new String(form, i, 1, StandardCharsets.ISO_8859_1));
        } catch (UncheckedIOException e) {
          break; // The server has enough.
        }
        LockSupport.parkNanos(5_000_000);
      }
      String answer = wire.answer();

      assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
    }
    fixture.awaitNoLeftovers();
  }

  @Test
  void aJsonBodyHasTheSameLimits() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send("PUT /workers/w/latest HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
    }
  }

  @Test
  void aHeadThatDoesNotEndGets408() {
    try (Wire wire = new Wire(server)) {
      String answer = wire.send("PUT /workers/w/latest HTTP/1.1\r\nHos").answer();

      assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
      assertTrue(answer.contains("\"slow_request\""), answer);
    }
  }
}
