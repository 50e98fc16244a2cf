package dev.controlplane.pprof.jfr;

import java.util.Map;
import jdk.jfr.EventType;
import jdk.jfr.consumer.EventStream;

/**
 * The period of a periodic event, as the stream says that it is. Another recording may ask for a
 * shorter one; the recorder then uses that for all.
 */
final class SamplingPeriod {
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L);

  private final String event;
  private long id = -1;
  private long nanos;

  /**
   * @param expected nanoseconds, until the stream says what it is
   */
  SamplingPeriod(String event, long expected) {
    this.event = event;
    this.nanos = expected;
  }

  long nanos() {
    return nanos;
  }

  void subscribe(EventStream stream) {
    stream.onMetadata(
        metadata -> {
          for (EventType type : metadata.getEventTypes()) {
            if (type.getName().equals(event)) {
              id = type.getId();
            }
          }
        });
    stream.onEvent(
        "jdk.ActiveSetting",
        setting -> {
          if (setting.getLong("id") == id && "period".equals(setting.getString("name"))) {
            nanos = parse(setting.getString("value"), nanos);
          }
        });
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
