package dev.controlplane.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.consumer.ConsumerFixture.Answer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** As many downloads as MAX_DOWNLOADS allows: two. */
@SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with CR LF
class DownloadsAtOnceTest {
  private final ConsumerFixture fixture = ConsumerFixture.start("MAX_DOWNLOADS", "2");

  @BeforeEach
  void publish() {
    fixture.publish("large", "1", ConsumerFixture.random(20_000_000, 1));
    fixture.publish("small", "1", new byte[10]);
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void oneMoreDownloadThanMayBeIsToldToTryLaterAndGetsThroughWhenAnotherHasEnded()
      throws Exception {
    try (Socket _ = begin()) {
      assertEquals(200, ConsumerFixture.get(fixture.server(), "/file/small").status());
      try (Socket _ = begin()) {
        Answer refused = ConsumerFixture.get(fixture.server(), "/file/small");

        assertEquals("503 too_many_downloads", refused.failure());
        assertEquals("1", refused.header("retry-after"));
        assertTrue(
            refused.text().contains("2 downloads are running, as many as MAX_DOWNLOADS allows"),
            refused.text());
        // What has no file open goes on.
        assertEquals(200, ConsumerFixture.get(fixture.server(), "/file/small/info").status());
      }
      awaitRoom();
    }
  }

  /**
   * A download whose client has read the status, and reads no more. The place of the download
   * before is free only a moment after its client has all of it.
   */
  private Socket begin() throws IOException {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      Socket socket = new Socket();
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(fixture.server().getHost(), fixture.server().getPort()));
      socket.getOutputStream().write("GET /file/large HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      if (new String(socket.getInputStream().readNBytes(12), UTF_8).equals("HTTP/1.1 200")) {
        return socket;
      }
      socket.close();
    }
    throw new AssertionError("every attempt to download is refused");
  }

  private void awaitRoom() throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    while (ConsumerFixture.get(fixture.server(), "/file/small").status() != 200) {
      assertTrue(System.nanoTime() < end, "the place of a client that left stays taken");
    }
  }
}
