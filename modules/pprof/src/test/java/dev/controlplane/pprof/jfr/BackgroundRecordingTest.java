package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import jdk.jfr.FlightRecorder;
import org.junit.jupiter.api.Test;

/** The recording that always runs. */
final class BackgroundRecordingTest {
  private static final String REPOSITORY = "jdk.jfr.repository";

  private static void await(BooleanSupplier condition) throws Exception {
    Await.until(condition, () -> "recordings " + recordings());
  }

  private static List<?> recordings() {
    return FlightRecorder.getFlightRecorder().getRecordings();
  }

  /** The recorder would end the JVM once it can't write. */
  @Test
  void itPausesWhileTheDiskIsFull() throws Exception {
    var started = new AtomicInteger();
    try (var recording =
        new BackgroundRecording(stream -> started.incrementAndGet(), Duration.ofMillis(50))) {
      assertEquals(null, recording.problem());
      await(() -> recordings().size() == 1);
      String repository = System.getProperty(REPOSITORY);
      System.setProperty(REPOSITORY, "/proc"); // has no room
      try {
        await(() -> recordings().isEmpty());
        IOException problem = recording.problem();
        assertTrue(problem.getMessage().contains("has 0 MB left"), problem::getMessage);
        assertEquals(1, started.get());
      } finally {
        System.setProperty(REPOSITORY, repository);
      }

      await(() -> recording.problem() == null && recordings().size() == 1);
      assertEquals(2, started.get());
    }
    assertEquals(List.of(), recordings());
  }

  @Test
  void itCanBeClosedBeforeTheRecorderHasStarted() {
    for (int i = 0; i < 20; i++) {
      new BackgroundRecording(stream -> {}).close();
    }

    assertEquals(List.of(), recordings());
  }
}
