package dev.controlplane.server.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void anEnvironmentVariableOverridesTheDefaultAndAnEmptyOneDoesNot() {
    assertEquals("127.0.0.1", Settings.load(Map.of()).text("bind-address"));
    assertEquals("::1", Settings.load(Map.of("BIND_ADDRESS", "::1")).text("bind-address"));
    assertEquals("127.0.0.1", Settings.load(Map.of("BIND_ADDRESS", " ")).text("bind-address"));
  }

  @Test
  void aNumberIsTakenAtItsLimitsAndRefusedBeyond() {
    assertEquals(3, numberFrom3To5("3"));
    assertEquals(5, numberFrom3To5("5"));
    assertThrows(StartupException.class, () -> numberFrom3To5("2"));
    assertThrows(StartupException.class, () -> numberFrom3To5("6"));
    assertThrows(StartupException.class, () -> numberFrom3To5("four"));
  }

  private static long numberFrom3To5(String value) {
    return Settings.load(Map.of("SOME_NUMBER", value)).number("some-number", 3, 5);
  }

  @Test
  void aDurationIsTakenAtItsLimitsAndRefusedBeyond() {
    assertEquals(Duration.ofSeconds(1), durationFrom1sTo1m("PT1S"));
    assertEquals(Duration.ofMinutes(1), durationFrom1sTo1m("PT1M"));
    assertThrows(StartupException.class, () -> durationFrom1sTo1m("PT0.999S"));
    assertThrows(StartupException.class, () -> durationFrom1sTo1m("PT60.001S"));
    assertThrows(StartupException.class, () -> durationFrom1sTo1m("30"));
  }

  private static Duration durationFrom1sTo1m(String value) {
    return Settings.load(Map.of("SOME_TIME", value))
        .duration("some-time", Duration.ofSeconds(1), Duration.ofMinutes(1));
  }

  @Test
  void aListIsSplitAtCommas() {
    assertEquals(List.of(), Settings.load(Map.of()).list("urls"));
    assertEquals(List.of("a", "b"), Settings.load(Map.of("URLS", "a, b,")).list("urls"));
  }
}
