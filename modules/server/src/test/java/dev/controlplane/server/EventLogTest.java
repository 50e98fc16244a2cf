package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class EventLogTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final EventLog log =
      new EventLog(
          "upload-server",
          out,
          Clock.fixed(Instant.parse("2026-11-23T10:00:00.5Z"), ZoneOffset.UTC));

  @Test
  void anEventIsOneLineOfPairs() {
    log.info("uploaded", "worker", "greeter.js", "size", 12);
    assertEquals(
        "time=2026-11-23T10:00:00.500Z level=info server=upload-server event=uploaded"
            + " worker=greeter.js size=12\n",
        out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aValueCanNotForgeALineOrAPair() {
    log.info("uploaded", "worker", "a b=\"c\"\nlevel=error\u202e");
    assertEquals(
        "time=2026-11-23T10:00:00.500Z level=info server=upload-server event=uploaded"
            + " worker=\"a b=\\\"c\\\"\\u000alevel=error\\u202e\"\n",
        out.toString(StandardCharsets.UTF_8));
  }
}
