package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Goroutines;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class VitalTest {
  private static final Duration LATE = Duration.ofSeconds(5);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final EventLog log = new EventLog("test", out, Clock.systemUTC());
  private final CountDownLatch halted = new CountDownLatch(1);
  private final AtomicLong nanos = new AtomicLong();

  private Vital start(Duration late, Vital.Work work) {
    return Vital.start(
        "feeder",
        late,
        log,
        work,
        new Vital.Host(halted::countDown, nanos::get),
        Goroutines.factory());
  }

  private static void untilClosed(Vital self) throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private String endsWith(Vital.Work work) throws InterruptedException {
    Vital vital = start(LATE, work);
    assertTrue(halted.await(20, TimeUnit.SECONDS));
    vital.close();
    assertThrows(IllegalStateException.class, vital::check);
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count(), text);
    return text;
  }

  @Test
  void anErrorEndsTheProcessWithOneLine() throws Exception {
    String line =
        endsWith(
            self -> {
              throw new StackOverflowError("deep");
            });
    assertTrue(line.contains("event=vital-thread-ended thread=feeder"), line);
    assertTrue(line.contains("StackOverflowError: deep"), line);
  }

  @Test
  void anExceptionThatTheWorkDidNotCatchEndsTheProcess() throws Exception {
    assertTrue(
        endsWith(
                self -> {
                  throw new IllegalStateException("unforeseen");
                })
            .contains("unforeseen"));
  }

  @Test
  void aReturnThatNobodyAskedForEndsTheProcess() throws Exception {
    assertTrue(endsWith(self -> {}).contains("without being asked"));
  }

  @Test
  void aThreadThatIsClosedEndsAloneAndQuietly() {
    Vital vital = start(LATE, VitalTest::untilClosed);
    vital.check();
    vital.close();
    assertEquals(1, halted.getCount());
    assertEquals("", out.toString(StandardCharsets.UTF_8));
    assertThrows(IllegalStateException.class, vital::check);
  }

  @Test
  void workThatIsClosedGentlyIsNotInterrupted() {
    Vital vital =
        start(
            LATE,
            self -> {
              while (self.pause(Duration.ofHours(1))) {
                throw new AssertionError("an hour is over");
              }
              assertFalse(Thread.currentThread().isInterrupted());
            });
    vital.closeGently();
    assertEquals(1, halted.getCount());
  }

  @Test
  void aThreadThatHasNotBeatenInTimeFailsItsCheckUntilItBeats() {
    try (Vital vital = start(LATE, VitalTest::untilClosed)) {
      nanos.set(LATE.toNanos());
      vital.check();
      nanos.set(LATE.toNanos() + 1);
      String reason = assertThrows(IllegalStateException.class, vital::check).getMessage();
      assertTrue(reason.contains("the thread feeder"), reason);
      vital.beat();
      vital.check();
    }
  }

  @Test
  void aThreadThatMayWaitIsNeverLate() {
    try (Vital vital = start(Duration.ZERO, VitalTest::untilClosed)) {
      nanos.set(Duration.ofDays(365).toNanos());
      vital.check();
    }
  }
}
