package dev.controlplane.pprof.jfr;

import java.util.HashMap;
import java.util.Map;
import jdk.jfr.EventType;

/**
 * The periods of periodic events, as a recording says that they are. Another recording may ask for
 * a shorter one; the recorder then uses that for all.
 */
final class SamplingPeriod {
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L);

  private final Map<Long, Long> byType = new HashMap<>();
  private final long expected;

  /**
   * @param expected nanoseconds, until the source says what it is
   */
  SamplingPeriod(long expected) {
    this.expected = expected;
  }

  void subscribe(EventSource source) {
    source.onEvent(
        "jdk.ActiveSetting",
        setting -> {
          if ("period".equals(setting.getString("name"))) {
            long nanos = parse(setting.getString("value"), 0);
            if (nanos > 0) {
              byType.put(setting.getLong("id"), nanos);
            }
          }
        });
  }

  /** The period of events of a type, in nanoseconds. */
  long of(EventType type) {
    return byType.getOrDefault(type.getId(), expected);
  }

  /** Parses {@code 10 ms}; returns the other if the text is something else. */
  static long parse(String text, long otherwise) {
    String[] parts = text == null ? new String[0] : text.trim().split(" +", -1);
    if (parts.length != 2 || !parts[0].matches("\\d{1,9}")) {
      return otherwise;
    }
    Long unit = UNITS.get(parts[1]);
    long amount = Long.parseLong(parts[0]);
    return unit == null || amount == 0 ? otherwise : amount * unit;
  }
}
