package dev.controlplane.upload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Wire;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** As many uploads on their way as MAX_UPLOADS allows: two. */
@SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with CR LF
class UploadsAtOnceTest {
  private final UploadFixture fixture = UploadFixture.start("MAX_UPLOADS", "2");

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void oneMoreUploadThanMayBeIsToldToTryLaterAndGetsThroughWhenAPlaceIsFree() {
    try (Wire first = new Wire(fixture.server())) {
      begin(first, "first");
      awaitReceiving(1);
      assertEquals(200, UploadFixture.put(fixture.server(), "/workers/w/versions/1", "a").status());
      try (Wire second = new Wire(fixture.server())) {
        begin(second, "second");
        awaitReceiving(2);

        UploadFixture.Answer refused =
            UploadFixture.put(fixture.server(), "/workers/w/versions/2", "b");

        assertEquals(503, refused.status());
        assertEquals("too_many_uploads", refused.error());
        assertTrue(
            refused
                .message()
                .contains("2 uploads are on their way, as many as MAX_UPLOADS allows"));
        assertEquals("1", refused.headers().get("retry-after").getFirst());
        assertTrue(second.send("hello").answer().startsWith("HTTP/1.1 200 "));
      }
      assertEquals(200, UploadFixture.put(fixture.server(), "/workers/w/versions/2", "b").status());
    }
  }

  @Test
  void anUploadThatBreaksOffGivesItsPlaceBack() {
    for (int i = 0; i < 5; i++) {
      try (Wire gone = new Wire(fixture.server())) {
        begin(gone, "gone");
        awaitReceiving(1);
      }
      awaitReceiving(0);
    }
    assertEquals(200, UploadFixture.put(fixture.server(), "/workers/w/versions/1", "a").status());
  }

  private static void begin(Wire wire, String worker) {
    wire.send(
        "PUT /workers/"
            + worker
            + "/versions/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + "Content-Length: 10\r\n\r\nhello");
  }

  /** Each upload on its way has a file that grows. */
  private void awaitReceiving(int uploads) {
    UploadFixture.await(() -> fixture.incoming().size() == uploads);
  }
}
