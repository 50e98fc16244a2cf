package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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
}
