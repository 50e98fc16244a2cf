package dev.controlplane.pprof.helidon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Labels;
import dev.controlplane.pprof.http.Wire;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToIntFunction;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What configuration says of the profiles, with the module on the class path and no code. */
class PprofFeatureProviderTest {
  private static final String ROOT = "/debug/pprof/";

  /** Asks a server that has this configuration. */
  private static <T> T with(Map<String, String> settings, java.util.function.IntFunction<T> ask) {
    Config config =
        Config.builder(ConfigSources.create(settings))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .build();
    WebServer server =
        WebServerConfig.builder()
            .config(config.get("server"))
            .address(InetAddress.getLoopbackAddress())
            .port(0)
            .build()
            .start();
    try {
      return ask.apply(server.port());
    } finally {
      server.stop();
    }
  }

  private static int status(Map<String, String> settings, String target) {
    return with(settings, port -> Wire.get(port, ROOT + target).status());
  }

  @Test
  void withoutConfigurationItIsThere() {
    assertEquals(200, status(Map.of(), ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"server.features.pprof.", "pprof."})
  void aTokenCanBeAskedFor(String prefix) {
    with(
        Map.of(prefix + "access", "token", prefix + "token", "t"),
        port -> {
          assertEquals(401, Wire.get(port, ROOT).status());
          assertEquals(200, Wire.get(port, ROOT, "Authorization: Bearer t").status());
          return null;
        });
  }

  @ParameterizedTest
  @CsvSource({"server.features.pprof.cumulative", "pprof.cumulative"})
  void cumulativeRecordsAllocationsAndWaitsAllTheTime(String key) {
    for (String name : new String[] {"allocs", "delta_heap", "delta_block", "delta_mutex"}) {
      assertEquals(404, status(Map.of("server.port", "0"), name), name);
      assertEquals(200, status(Map.of(key, "true"), name), name);
    }
  }

  @Test
  void whereNobodyMayReadProfilesNothingIsRecordedAllTheTime() {
    Map<String, String> off = Map.of("pprof.cumulative", "true", "pprof.access", "off");
    ToIntFunction<Map<String, String>> samplers =
        settings ->
            with(
                settings,
                port ->
                    (int)
                        Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().startsWith("pprof"))
                            .count());
    assertEquals(0, samplers.applyAsInt(off));
    assertTrue(samplers.applyAsInt(Map.of("pprof.cumulative", "true")) > 0);
    assertEquals(0, samplers.applyAsInt(off), "the samplers of the server before have ended");
  }

  @Test
  void cpuProfilesCanBeSwitchedOff() {
    Wire.Answer answer =
        with(Map.of("pprof.cpu", "off"), port -> Wire.get(port, ROOT + "profile?seconds=1"));
    assertEquals(500, answer.status());
    assertTrue(answer.text().contains("CPU profiles are switched off"), answer.text());
  }

  @Test
  void labelSetsLimitsThoseOfABinaryProfile() throws Exception {
    var end = new CountDownLatch(1);
    var started = new CountDownLatch(3);
    for (String value : new String[] {"north", "south", "west"}) {
      Labels.of("region", value)
          .run(
              () ->
                  Thread.startVirtualThread(
                      () -> {
                        started.countDown();
                        await(end);
                      }));
    }
    started.await();
    try {
      String few = with(Map.of("pprof.label-sets", "1"), PprofFeatureProviderTest::goroutines);
      String all = with(Map.of("pprof.label-sets", "10"), PprofFeatureProviderTest::goroutines);
      assertFalse(few.contains("north") && few.contains("south"), few);
      assertTrue(all.contains("north") && all.contains("south") && all.contains("west"), all);
    } finally {
      end.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The uncompressed bytes, which have each text as it is. */
  private static String goroutines(int port) {
    byte[] profile = Wire.get(port, ROOT + "goroutine").body();
    try (var in = new GZIPInputStream(new ByteArrayInputStream(profile))) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cpu, fast, 'pprof cpu is \"fast\"; expected: samples, cpu-time or off'",
    "cumulative, yes, 'pprof cumulative is \"yes\"; expected: true or false'",
    "labels, no, 'pprof labels is \"no\"; expected: true or false'",
    "source, jvm, 'pprof source is \"jvm\"; expected: auto, live or hotspot'",
    "label-sets, many, 'pprof label-sets is \"many\"; expected: a whole number'",
    "label-sets, -1, the number of label sets can't be -1",
    "max-requests, 0, 'pprof max-requests is 0; expected: 1 to 1000'"
  })
  void aWrongValueIsToldBeforeTheServerStarts(String key, String value, String expected) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> status(Map.of("pprof." + key, value), ""));
    assertEquals(expected, e.getMessage());
  }
}
