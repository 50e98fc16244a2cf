package dev.controlplane.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The profiles of the three servers under load, as Parca, Alloy and {@code go tool pprof} see them.
 */
class ScrapersTest {
  private static final int SCRAPES = 10;

  private static Cluster cluster;
  private static Follower subscriber;
  private static Load load;

  /** The types that a scraper computes growth of. */
  private static final Map<String, List<String>> GROWING =
      Map.of(
          "allocs", List.of("alloc_objects/count", "alloc_space/bytes"),
          "heap", List.of("alloc_objects/count", "alloc_space/bytes"),
          "block", List.of("contentions/count", "delay/nanoseconds"),
          "mutex", List.of("contentions/count", "delay/nanoseconds"));

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
    subscriber = Follower.subscribe(cluster, "scraped", update -> {});
    load = new Load(cluster, 4);
  }

  @AfterAll
  static void stop() {
    if (load != null) {
      load.close();
    }
    if (subscriber != null) {
      subscriber.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  private static List<String> servers() {
    return List.of(cluster.uploadUrl(), cluster.consumerUrl(), cluster.grpcHttpUrl());
  }

  @ParameterizedTest
  @ValueSource(strings = {"allocs", "heap", "block", "mutex"})
  void overTenScrapesNoTotalOfAStackFalls(String name) throws Exception {
    for (String server : servers()) {
      Scraped earlier = Scraped.take(server + "/debug/pprof/" + name);
      for (int i = 1; i < SCRAPES; i++) {
        load.awaitMore();
        Scraped now = Scraped.take(server + "/debug/pprof/" + name);
        assertEquals(0, now.profile().getDurationNanos(), "Parca takes any other for a delta");
        assertTrue(now.profile().getTimeNanos() > earlier.profile().getTimeNanos());
        assertEquals(earlier.types(), now.types());
        for (String type : GROWING.get(name)) {
          Map<List<Object>, Long> after = now.values(type);
          Map<List<Object>, Long> known = earlier.values(type);
          for (Map.Entry<List<Object>, Long> before : known.entrySet()) {
            long grown = after.getOrDefault(before.getKey(), 0L) - before.getValue();
            assertTrue(grown >= 0, server + " " + name + " " + type + ": " + before);
          }
        }
        earlier = now;
      }
    }
  }

  @Test
  void whatIsNotASumHasTheTypesAndDurationsThatScrapersExpect() throws Exception {
    for (String server : servers()) {
      String pprof = server + "/debug/pprof/";
      Scraped goroutine = Scraped.take(pprof + "goroutine");
      assertEquals(List.of("goroutine/count"), goroutine.types());
      assertEquals(0, goroutine.profile().getDurationNanos());
      Scraped cpu = Scraped.take(pprof + "profile?seconds=1");
      assertEquals(List.of("samples/count", "cpu/nanoseconds"), cpu.types());
      assertTrue(cpu.profile().getDurationNanos() >= 1_000_000_000L);
      Scraped delta = Scraped.take(pprof + "allocs?seconds=1");
      assertTrue(delta.profile().getDurationNanos() >= 1_000_000_000L);
      for (String name : List.of("delta_heap", "delta_block", "delta_mutex")) {
        Scraped.take(pprof + name);
        assertTrue(Scraped.take(pprof + name).profile().getDurationNanos() > 0, name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "goroutine",
        "threadcreate",
        "goroutineleak",
        "deadlock",
        "allocs",
        "heap",
        "block",
        "mutex",
        "profile?seconds=2",
        "heap?gc=1",
        "block?seconds=1",
        "goroutine?seconds=1"
      })
  void goToolPprofFetchesAndReadsEachProfileOfEachServer(String name) throws Exception {
    Path directory = Files.createDirectories(cluster.root().resolve("pprof"));
    for (String server : servers()) {
      String top = report(directory, server + "/debug/pprof/" + name);
      String type = name.replaceFirst("\\?.*", "");
      String shown =
          switch (type) {
            case "profile" -> "cpu";
            case "allocs" -> "alloc_space";
            case "heap" -> "inuse_space";
            case "block", "mutex" -> "delay";
            default -> type;
          };
      assertTrue(top.contains("Type: " + shown + "\n"), top);
      assertTrue(top.contains("Showing nodes accounting for"), top);
    }
  }

  @Test
  void theAllocatingLineTheHotMethodAndTheWaitsOfTheServersAreThere() throws Exception {
    Path directory = Files.createDirectories(cluster.root().resolve("pprof"));
    String upload = cluster.uploadUrl() + "/debug/pprof/";
    assertTrue(
        report(directory, upload + "allocs").contains("dev.controlplane."), "an allocating line");
    assertTrue(
        report(directory, upload + "profile?seconds=5").contains("dev.controlplane."),
        "a hot method");
    String block = report(directory, cluster.grpcHttpUrl() + "/debug/pprof/block");
    assertTrue(block.contains("LogTail.run"), block);
  }

  private static String report(Path directory, String url) {
    ProcessBuilder pprof =
        new ProcessBuilder("go", "tool", "pprof", "-top", "-cum", "-nodecount=500", url);
    pprof.environment().put("PPROF_TMPDIR", directory.toString());
    return Tools.run(Duration.ofMinutes(3), pprof).mustSucceed().output();
  }
}
