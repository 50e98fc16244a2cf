package dev.controlplane.client.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimesTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource({
    "2026-11-23T12:00:00Z, 2026-11-23T13:00:00+01:00",
    "2026-11-23T12:00:00.120Z, 2026-11-23T13:00:00.120+01:00",
    "2026-07-01T23:30:00.000Z, 2026-07-02T01:30:00+02:00",
    "soon, soon"
  })
  void aTimeIsShownInTheZoneWithItsOffset(String text, String shown) {
    assertEquals(shown, new Times(BERLIN).of(text));
  }

  @Test
  void inUtcATimeEndsWithZ() {
    assertEquals("2026-11-23T12:00:00.120Z", utc("2026-11-23T13:00:00.120+01:00"));
    assertEquals("", utc(""));
    assertEquals(
        "2026-11-23T12:00:00Z",
        new Times(ZoneOffset.UTC).of(Instant.parse("2026-11-23T12:00:00Z")));
  }

  private static String utc(String text) {
    return new Times(ZoneOffset.UTC).of(text);
  }
}
