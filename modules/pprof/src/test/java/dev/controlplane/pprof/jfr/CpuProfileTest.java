package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Labels;
import dev.controlplane.pprof.ProfileKind.InUseException;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import dev.controlplane.pprof.model.Profile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** CPU profiles of this JVM. */
final class CpuProfileTest {
  private static final int SAMPLES = 0;
  private static final int CPU = 1;
  private static final Duration MOMENT = Duration.ofMillis(20);

  private final CpuProfile bySamples = new CpuProfile(CpuProfile.Source.SAMPLES);

  private static Profile record(CpuProfile kind) throws Exception {
    return kind.record(MOMENT, Parameters.NONE, Burning.enough());
  }

  private static Thread.Builder builder(String kind) {
    return kind.equals("virtual") ? Thread.ofVirtual() : Thread.ofPlatform();
  }

  @ParameterizedTest
  @CsvSource({"SAMPLES,virtual", "SAMPLES,platform", "CPU_TIME,virtual", "CPU_TIME,platform"})
  void theMethodThatBurnsIsOnTopWithTheLabelsOfItsThread(CpuProfile.Source source, String kind)
      throws Exception {
    try (var burning = new Burning()) {
      burning.on(builder(kind), () -> Labels.of("tenant", "a").run(burning::hotLoop));

      Profile profile = record(new CpuProfile(source));

      Samples samples = Samples.of(profile);
      Samples.Sample top = samples.top(CPU);
      assertEquals(Burning.class.getName() + ".hotLoop", top.leaf().function.name);
      assertEquals("dev/controlplane/pprof/jfr/Burning.java", top.leaf().function.file());
      assertTrue(top.leaf().line > 0, samples::toString);
      assertEquals(Map.of("tenant", "a"), top.labels().pairs(), samples::toString);
    }
  }

  @Test
  void aThreadThatInheritsLabelsIsSampledWithThem() throws Exception {
    try (var burning = new Burning()) {
      Labels.of("tenant", "b").run(() -> burning.on(Thread.ofVirtual(), burning::hotLoop));

      Samples samples = Samples.of(record(bySamples));

      assertEquals(Set.of(Map.of("tenant", "b")), samples.byLabels(".hotLoop", CPU).keySet());
    }
  }

  @Test
  void aSampleHasTheLabelsThatItsThreadHadThen() throws Exception {
    try (var burning = new Burning()) {
      var moment = Duration.ofMillis(100);
      Runnable requests =
          () -> {
            while (burning.isOn()) {
              Labels.of("request", "even").run(() -> burning.evenMoment(moment));
              Labels.of("request", "odd").run(() -> burning.oddMoment(moment));
              burning.plainMoment(moment);
            }
          };
      burning.on(Thread.ofVirtual(), requests);
      Labels even = Labels.of("request", "even");
      // Threads that have ended when their samples are read.
      Runnable shortLived =
          () -> {
            while (burning.isOn()) {
              Goroutines.start("short", () -> even.run(() -> burning.evenMoment(moment)));
              burning.plainMoment(moment);
            }
          };
      burning.on(Thread.ofVirtual(), shortLived);

      Samples samples = Samples.of(record(bySamples));

      assertMostly(Map.of("request", "even"), samples.byLabels(".evenMoment", SAMPLES));
      assertMostly(Map.of("request", "odd"), samples.byLabels(".oddMoment", SAMPLES));
      assertMostly(Map.of(), samples.byLabels(".plainMoment", SAMPLES));
    }
  }

  /** A sample that is taken within the millisecond of a change may have the labels beside it. */
  private static void assertMostly(
      Map<String, String> labels, Map<Map<String, String>, Long> samples) {
    long all = samples.values().stream().mapToLong(Long::longValue).sum();
    assertTrue(all > 0 && samples.getOrDefault(labels, 0L) * 10 >= all * 8, samples::toString);
  }

  @Test
  void theValuesAreWhatGoesProfileHas() throws Exception {
    try (var burning = new Burning()) {
      burning.on(Thread.ofPlatform(), burning::hotLoop);

      Profile profile = record(bySamples);

      assertEquals(
          List.of(
              new Profile.ValueType("samples", "count"),
              new Profile.ValueType("cpu", "nanoseconds")),
          profile.sampleTypes());
      assertEquals(new Profile.ValueType("cpu", "nanoseconds"), profile.periodType());
      assertEquals(10_000_000, profile.period());
      assertEquals(profile.total(SAMPLES) * 10_000_000, profile.total(CPU));
      assertTrue(profile.duration().compareTo(MOMENT) > 0);
    }
  }

  @Test
  void aShorterPeriodThatAnotherRecordingAskedForIsCounted() throws Exception {
    try (var burning = new Burning();
        var other = new Recording()) {
      other.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(2));
      other.start();
      burning.on(Thread.ofPlatform(), burning::hotLoop);

      Profile profile = record(bySamples);

      assertEquals(2_000_000, profile.period());
      assertEquals(profile.total(SAMPLES) * 2_000_000, profile.total(CPU));
    }
  }

  @Test
  void aSecondProfileAtTheSameTimeIsRefusedAsInGo() throws Exception {
    var recording = new CountDownLatch(1);
    var refused = new CountDownLatch(1);
    Patience untilRefused =
        time -> {
          recording.countDown();
          refused.await();
          return true;
        };
    Thread first =
        Goroutines.start(
            "first", () -> ignore(() -> bySamples.record(MOMENT, Parameters.NONE, untilRefused)));
    recording.await();

    Exception second = assertThrows(InUseException.class, () -> record(bySamples));

    refused.countDown();
    first.join();
    assertEquals(
        "Could not enable CPU profiling: cpu profiling already in use", second.getMessage());
    assertEquals(2, bySamples.record(MOMENT, Parameters.NONE, Patience.SLEEP).sampleTypes().size());
  }

  @Test
  void theRecordingEndsWithItsClient() throws Exception {
    bySamples.record(Duration.ofHours(1), Parameters.NONE, time -> false);

    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }

  @Test
  void theRecordingEndsWithAnInterrupt() {
    Patience interrupted =
        time -> {
          throw new InterruptedException();
        };

    assertThrows(
        InterruptedException.class,
        () -> bySamples.record(Duration.ofHours(1), Parameters.NONE, interrupted));

    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }

  @Test
  void aStackThatIsTooDeepForTheRecorderIsTold() throws Exception {
    try (var burning = new Burning()) {
      burning.on(Thread.ofPlatform(), () -> burning.deepHotLoop(200));

      Profile profile = record(bySamples);

      assertTrue(
          profile.comments().stream().anyMatch(remark -> remark.contains("stackdepth=256")),
          profile.comments()::toString);
    }
  }

  @Test
  void aProfileThatIsSwitchedOffSaysSo() {
    Exception off =
        assertThrows(IOException.class, () -> record(new CpuProfile(CpuProfile.Source.OFF)));

    assertEquals("CPU profiles are switched off in this program", off.getMessage());
  }

  @ParameterizedTest
  @EnumSource(CpuProfile.Source.class)
  void aSourceIsFoundByItsName(CpuProfile.Source source) {
    assertEquals(Optional.of(source), CpuProfile.Source.named(source.toString()));
    assertEquals(Optional.empty(), CpuProfile.Source.named(source.name()));
  }

  private interface Work {
    Object run() throws Exception;
  }

  private static void ignore(Work work) {
    try {
      work.run();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
