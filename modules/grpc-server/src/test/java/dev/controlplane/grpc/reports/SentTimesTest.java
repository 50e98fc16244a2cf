package dev.controlplane.grpc.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** How long consumers took to tell of what was sent to them. */
class SentTimesTest {
  private final SentTimes times = new SentTimes();

  @Test
  void whoHasNeverToldIsNotRemembered() {
    times.sent("c", 1);
    assertEquals(OptionalLong.empty(), times.reported("c", 1));
  }

  @Test
  void theFirstReportOfAnUpdateTellsHowLongItTook() {
    times.reported("c", 1);
    long before = System.nanoTime();
    times.sent("c", 2);
    times.sent("c", 3);
    times.sent("other", 4);
    long took = times.reported("c", 2).orElseThrow();
    assertTrue(took >= 0 && took <= System.nanoTime() - before, "" + took);
    assertEquals(OptionalLong.empty(), times.reported("c", 2));
    assertTrue(times.reported("c", 3).isPresent());
    assertEquals(OptionalLong.empty(), times.reported("c", 4));
  }

  @Test
  void theLastFewUpdatesAreRemembered() {
    times.reported("c", 1);
    for (long revision = 1; revision <= 65; revision++) {
      times.sent("c", revision);
    }
    assertEquals(OptionalLong.empty(), times.reported("c", 1));
    assertTrue(times.reported("c", 2).isPresent());
    assertTrue(times.reported("c", 65).isPresent());
  }

  @Test
  void consumersThatNeverComeAgainMakeRoomForOthers() {
    for (int i = 0; i < 10_001; i++) {
      times.reported("c" + i, 1);
    }
    times.sent("c0", 2);
    assertEquals(OptionalLong.empty(), times.reported("c0", 2));
    times.sent("c10000", 2);
    assertTrue(times.reported("c10000", 2).isPresent());
  }
}
