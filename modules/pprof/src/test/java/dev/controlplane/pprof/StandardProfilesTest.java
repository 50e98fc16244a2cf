package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The profiles of the library, as a server asks for them. */
final class StandardProfilesTest {
  private final StandardProfiles standard = StandardProfiles.builder().build();
  private final ProfileKind.Snapshot goroutine = goroutine(standard);

  @AfterEach
  void close() {
    standard.close();
  }

  private static ProfileKind.Snapshot goroutine(StandardProfiles profiles) {
    return (ProfileKind.Snapshot) profiles.profiles().find("goroutine").orElseThrow();
  }

  private static ProfileKind.Parameters with(String name, String value) {
    return asked -> Map.of(name, value).getOrDefault(asked, "");
  }

  private static String text(
      ProfileKind.Snapshot kind, int debug, ProfileKind.Parameters parameters) throws Exception {
    var out = new ByteArrayOutputStream();
    kind.writeText(debug, parameters, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void goroutineCountsThisThreadAndHasADelta() throws Exception {
    Profile profile = goroutine.collect(ProfileKind.Parameters.NONE);

    assertTrue(profile.total(0) > 1);
    assertEquals(new Profile.ValueType("goroutine", "count"), profile.sampleTypes().getFirst());
    assertTrue(goroutine.count() > 1);
    assertTrue(goroutine.hasDelta());
  }

  @Test
  void goroutineHasGosTexts() throws Exception {
    String counted = text(goroutine, 1, ProfileKind.Parameters.NONE);
    String stacks = text(goroutine, 2, ProfileKind.Parameters.NONE);
    String same = text(goroutine, 7, ProfileKind.Parameters.NONE);

    assertTrue(counted.startsWith("goroutine profile: total "), counted);
    assertTrue(stacks.startsWith("goroutine "), stacks);
    assertTrue(same.startsWith("goroutine "), same);
    assertFalse(goroutine.isBinary(2));
  }

  @Test
  void panicparseGetsASpellingThatItReads() throws Exception {
    String dump = text(goroutine, 2, with("compat", "panicparse"));

    assertTrue(dump.contains("\n\tdev/controlplane/pprof/GoroutineKind.java.go:"), dump);
  }

  @Test
  void eachGoroutineIsASampleOfItsOwnInTheThirdForm() throws Exception {
    var out = new ByteArrayOutputStream();
    goroutine.writeText(3, ProfileKind.Parameters.NONE, out);

    assertTrue(goroutine.isBinary(3));
    try (var in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      var profile = dev.controlplane.proto.profile.Profile.parseFrom(in);
      assertTrue(
          profile.getSampleList().stream().allMatch(sample -> sample.getValue(0) == 1),
          profile::toString);
      assertTrue(profile.getStringTableList().contains("go::goroutine_state"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "labels, yes,    'invalid value for \"labels\" - must be 0 or 1'",
    "source, carp,   'invalid value for \"source\" - must be auto, live or hotspot'",
    "compat, dragon, 'invalid value for \"compat\" - must be panicparse'",
  })
  void aParameterWithAnUnknownValueIsRefusedBeforeAnythingIsWritten(
      String name, String value, String message) {
    var out = new ByteArrayOutputStream();
    Exception collected =
        assertThrows(
            ProfileKind.IllegalParameterException.class,
            () -> goroutine.collect(with(name, value)));
    Exception written =
        assertThrows(
            ProfileKind.IllegalParameterException.class,
            () -> goroutine.writeText(2, with(name, value), out));

    assertEquals(message, collected.getMessage());
    assertEquals(message, written.getMessage());
    assertEquals(0, out.size());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void labelsAreShownAsTheSettingsSayUnlessTheRequestDoes(boolean shown) throws Exception {
    var options = GoroutineProfiler.Options.defaults().withLabels(shown);
    try (var profiles = StandardProfiles.builder().goroutines(options).build()) {
      ProfileKind.Snapshot kind = goroutine(profiles);
      String own = "labels:{\"k\": \"v\"}";

      Labels.of("k", "v")
          .call(
              () -> {
                assertEquals(
                    shown, text(kind, 2, ProfileKind.Parameters.NONE).contains(own), "default");
                assertTrue(text(kind, 2, with("labels", "1")).contains(own), "on");
                assertFalse(text(kind, 2, with("labels", "0")).contains(own), "off");
                return null;
              });
    }
  }

  @Test
  void aProgramAddsAProfileOfItsOwnUnderAnotherName() {
    Exception taken =
        assertThrows(IllegalArgumentException.class, () -> standard.profiles().add(goroutine));

    assertTrue(taken.getMessage().contains("goroutine"), taken.getMessage());
  }

  @Test
  void theBinaryFormHasALimitedNumberOfLabelSetsUnlessAllAreAskedFor() throws Exception {
    var over = new CountDownLatch(1);
    for (int i = 0; i < 10; i++) {
      var labelled = new CountDownLatch(1);
      Runnable work =
          () -> {
            labelled.countDown();
            try {
              over.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          };
      String consumer = "consumer-" + i;
      Goroutines.start("labelled", () -> Labels.of("consumer", consumer).run(work));
      labelled.await();
    }
    try (var limited = StandardProfiles.builder().labelSets(3).build()) {
      ProfileKind.Snapshot kind = goroutine(limited);
      Profile all = kind.collect(ProfileKind.Parameters.NONE);

      Profile shown = kind.shown(all, ProfileKind.Parameters.NONE);

      assertTrue(labelSets(all) > 10);
      assertEquals(3, labelSets(shown));
      assertEquals(all.total(0), shown.total(0));
      assertTrue(shown.comments().toString().contains("limit of 3"), shown.comments().toString());
      assertEquals(labelSets(all), labelSets(kind.shown(all, with("labels", "1"))));
    } finally {
      over.countDown();
    }
  }

  private static int labelSets(Profile profile) {
    var sets = new HashSet<LabelSet>();
    profile.forEach((stack, labels, values) -> sets.add(labels));
    return sets.size();
  }

  @Test
  void waitsAreMeasuredOnlyIfTheSettingsSaySo() throws Exception {
    assertEquals(
        0, ((ProfileKind.Cumulative) find(standard, "block")).collect(with("", "")).size());
    try (var measured =
        StandardProfiles.builder().contention(Contention.builder().cpuShare(0.1)).build()) {
      var block = (ProfileKind.Cumulative) find(measured, "block");
      var never = new CountDownLatch(1);
      Thread waiting = Goroutines.start("waiting", () -> awaitUninterruptibly(never));
      Await.value(() -> delay(block), delay -> delay > 0);
      assertEquals(
          List.of("contentions", "delay"),
          block.collect(ProfileKind.Parameters.NONE).sampleTypes().stream()
              .map(Profile.ValueType::type)
              .toList());
      never.countDown();
      waiting.join();
    }
  }

  private static long delay(ProfileKind.Cumulative kind) throws Exception {
    return kind.collect(ProfileKind.Parameters.NONE).total(1);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ProfileKind find(StandardProfiles profiles, String name) {
    return profiles.profiles().find(name).orElseThrow();
  }
}
