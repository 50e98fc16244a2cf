package dev.controlplane.system.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.GoroutineText;
import dev.controlplane.system.harness.Tools;
import dev.controlplane.troubles.Troubles;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The profiles of the three servers under load, with troubles inside, as {@code go tool pprof} and
 * the code of Alloy and Datadog see them.
 */
class ScrapersTest {
  private static final int SCRAPES = 10;
  private static final int LABEL_SETS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String TROUBLES = Troubles.class.getName();
  private static final Path SCRAPING = Tools.repository().resolve("docs/scraping.md");

  private static TroubledCluster cluster;
  private static Path fetched;

  @BeforeAll
  static void start() throws IOException {
    cluster = TroubledCluster.start(LABEL_SETS);
    fetched = cluster.directory("pprof");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static PprofTool top(String url, String type, String... options) {
    PprofTool top = PprofTool.top(fetched, url, options);
    assertTrue(top.report().contains("Type: " + type + "\n"), top.report());
    return top;
  }

  @Test
  void datadogsFastdeltaComputesTheGrowthBetweenTenScrapesAsGooglesPprofDoes() throws Exception {
    Path directory = cluster.directory("scrapes");
    for (int i = 0; i < SCRAPES; i++) {
      cluster.awaitMoreLoad();
      for (Map.Entry<String, String> server : cluster.pprofUrls().entrySet()) {
        for (String name : List.of("allocs", "heap", "block", "mutex")) {
          // All labels: a bounded profile may merge other label sets each time.
          String url = server.getValue() + name + "?labels=1";
          String file = "%s.%s.%d.pb.gz".formatted(server.getKey(), name, i);
          Files.write(directory.resolve(file), Scraped.take(url).body());
        }
      }
    }

    String output =
        Tools.run(Tools.built("fastdelta"), directory.toString()).mustSucceed().output();
    for (String server : cluster.pprofUrls().keySet()) {
      for (String name : List.of("allocs", "heap")) {
        assertTrue(
            output.contains(server + " " + name + " 9 alloc_objects/count alloc_space/bytes\n"),
            output);
      }
      for (String name : List.of("block", "mutex")) {
        assertTrue(
            output.contains(server + " " + name + " 9 contentions/count delay/nanoseconds\n"),
            output);
      }
    }
  }

  @Test
  void alloysParserTakesTheConfigurationsAsPasted() {
    assertEquals(
        """
        upload-server http://127.0.0.1:8080 labels=0
        consumer-server http://127.0.0.1:8081 labels=0
        grpc-server http://127.0.0.1:8082 labels=0
        """,
        Tools.run(Tools.built("alloy"), SCRAPING.toString()).mustSucceed().output());
  }

  @Test
  void pyroscopeGetsNoMoreLabelSetsThanTheSettingSaysUnlessItAsksForAll() throws Exception {
    int subscriptions = LABEL_SETS + 10;
    String goroutine = cluster.pprofUrls().get("grpc-server") + "goroutine";
    ManagedChannel channel = cluster.subscribe(subscriptions);
    try {
      Await.until(
          PATIENCE,
          () -> subscriptions + " label sets",
          () -> Scraped.take(goroutine + "?labels=1").labelSets().size() >= subscriptions);

      Scraped bounded = Scraped.take(goroutine);
      int labelSets = bounded.labelSets().size();
      assertTrue(labelSets > 1 && labelSets <= LABEL_SETS, () -> labelSets + " label sets");
      assertTrue(
          bounded.comments().stream().anyMatch(comment -> comment.contains("labels=1")),
          () -> bounded.comments().toString());
      assertEquals(1, Scraped.take(goroutine + "?labels=0").labelSets().size());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void whatIsNotASumHasTheTypesAndDurationsThatScrapersExpect() throws Exception {
    cluster.onEachServer(
        pprof -> {
          Scraped goroutine = Scraped.take(pprof + "goroutine");
          assertEquals(List.of("goroutine/count"), goroutine.types());
          assertEquals(0, goroutine.profile().getDurationNanos());
          Scraped cpu = Scraped.take(pprof + "profile?seconds=1");
          assertEquals(List.of("samples/count", "cpu/nanoseconds"), cpu.types());
          assertTrue(cpu.profile().getDurationNanos() >= 1_000_000_000L);
          for (String name : List.of("delta_heap", "delta_block", "delta_mutex")) {
            Scraped.take(pprof + name);
            assertTrue(Scraped.take(pprof + name).profile().getDurationNanos() > 0, name);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "threadcreate threadcreate",
        "goroutine goroutine",
        "goroutine?seconds=1 goroutine",
        "heap inuse_space",
        "heap?gc=1 inuse_space",
        "allocs?seconds=1 alloc_space",
        "block?seconds=1 delay"
      })
  void goToolPprofFetchesAndReadsFurtherProfilesOfEachServer(String nameAndType) throws Exception {
    String[] words = nameAndType.split(" ", 2);
    cluster.onEachServer(
        pprof -> {
          PprofTool top = top(pprof + words[0], words[1]);
          assertTrue(!top.rows().isEmpty(), top.report());
        });
  }

  @Test
  void theBurnerIsOnTopOfTheCpuProfileOfEachServer() throws Exception {
    cluster.onEachServer(
        pprof -> {
          PprofTool top = top(pprof + "profile?seconds=2", "cpu");
          assertEquals(TROUBLES + ".burn", top.rows().getFirst().name(), top.report());
        });
  }

  @Test
  void theAllocatingLineIsOnTopOfTheAllocationsOfEachServer() throws Exception {
    List<String> source =
        Files.readAllLines(Path.of("src/test/java", TROUBLES.replace('.', '/') + ".java"));
    int line =
        IntStream.range(0, source.size())
            .filter(i -> source.get(i).endsWith("// the allocating line"))
            .findFirst()
            .orElseThrow();
    cluster.onEachServer(
        pprof -> {
          PprofTool top = top(pprof + "allocs", "alloc_space", "-lines");
          String first = top.rows().getFirst().name();
          assertTrue(first.startsWith(TROUBLES + ".allocate "), top.report());
          assertTrue(first.endsWith("Troubles.java:" + (line + 1)), top.report());
        });
  }

  @Test
  void theContendedLocksAreInBlockAndTheirHoldersInMutexOfEachServer() throws Exception {
    cluster.onEachServer(
        pprof -> {
          PprofTool block =
              top(
                  pprof + "block",
                  "delay",
                  "-cum",
                  "-relative_percentages",
                  "-tagfocus=wait=sync.Mutex.Lock");
          PprofTool mutex = top(pprof + "mutex", "delay", "-cum");
          for (PprofTool profile : List.of(block, mutex)) {
            for (String method : List.of(".contendForLock", ".contendForMonitor")) {
              double share = profile.row(TROUBLES + method).cumPercent();
              assertTrue(share > 20, profile.report());
            }
          }
          assertTrue(mutex.row(TROUBLES + ".holdLock").cumPercent() > 20, mutex.report());
        });
  }

  @Test
  void theLeakedThreadIsAmongTheLeaksOfEachServer() throws Exception {
    cluster.onEachServer(
        pprof -> {
          PprofTool top = top(pprof + "goroutineleak", "goroutineleak");
          assertTrue(top.row(TROUBLES + ".awaitForgottenLatch").cumPercent() > 0, top.report());
        });
  }

  @Test
  void bothThreadsOfTheDeadlockAreNamedAndMarkedInEachServer() throws Exception {
    cluster.onEachServer(
        pprof -> {
          PprofTool top = top(pprof + "deadlock", "deadlock");
          List<GoroutineText> marked =
              GoroutineText.of(pprof.replace("/debug/pprof/", "")).stream()
                  .filter(goroutine -> goroutine.state().endsWith(" (deadlocked)"))
                  .toList();
          assertEquals(2, marked.size(), marked.toString());
          for (String method : List.of(".lockLeftThenRight", ".lockRightThenLeft")) {
            assertEquals(50, top.row(TROUBLES + method).cumPercent(), top.report());
            assertTrue(marked.stream().anyMatch(each -> each.calls(TROUBLES + method)));
          }
        });
  }
}
