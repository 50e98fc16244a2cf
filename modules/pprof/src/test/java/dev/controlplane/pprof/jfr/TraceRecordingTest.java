package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.ProfileKind.InUseException;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.FlightRecorder;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of this JVM. */
final class TraceRecordingTest {
  private static final Duration MOMENT = Duration.ofMillis(20);

  @TempDir private Path directory;
  private final TraceRecording trace = new TraceRecording();

  @Test
  void aTraceIsARecordingWithTheMethodThatBurns() throws Exception {
    var written = new ByteArrayOutputStream();
    try (var burning = new Burning()) {
      burning.on(Thread.ofVirtual(), burning::hotLoop);

      trace.record(MOMENT, Parameters.NONE, Burning.enough(), () -> written);
    }

    Path file = Files.write(directory.resolve("trace.jfr"), written.toByteArray());
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertTrue(
        events.stream()
            .filter(event -> event.getEventType().getName().equals("jdk.ExecutionSample"))
            .flatMap(event -> event.getStackTrace().getFrames().stream())
            .anyMatch(frame -> frame.getMethod().getName().equals("hotLoop")));
    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }

  @Test
  void aSecondTraceAtTheSameTimeIsRefusedAsInGo() throws Exception {
    var recording = new CountDownLatch(1);
    var refused = new CountDownLatch(1);
    Patience untilRefused =
        time -> {
          recording.countDown();
          refused.await();
          return true;
        };
    Thread first =
        Thread.startVirtualThread(
            () -> {
              try {
                trace.record(MOMENT, Parameters.NONE, untilRefused, ByteArrayOutputStream::new);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    recording.await();
    var opened = new AtomicBoolean();

    Exception second =
        assertThrows(
            InUseException.class,
            () ->
                trace.record(
                    MOMENT,
                    Parameters.NONE,
                    Patience.SLEEP,
                    () -> {
                      opened.set(true);
                      return new ByteArrayOutputStream();
                    }));

    refused.countDown();
    first.join();
    assertEquals("Could not enable tracing: execution tracer already enabled", second.getMessage());
    assertEquals(false, opened.get());
  }

  @Test
  void theRecordingEndsWithItsClientAndNothingIsWritten() throws Exception {
    trace.record(
        Duration.ofHours(1),
        Parameters.NONE,
        time -> false,
        () -> {
          throw new AssertionError("opened");
        });

    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }
}
