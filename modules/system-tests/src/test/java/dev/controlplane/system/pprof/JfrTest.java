package dev.controlplane.system.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Types every command of {@code docs/jfr.md}, in order, against the real servers at work. */
class JfrTest {
  private static final Pattern COMPLAINT =
      Pattern.compile("warning|error:|could not|can't|no such|unknown");

  /** A line of {@code jfr summary}: type, count, bytes. */
  private static final Pattern COUNTED =
      Pattern.compile("^ *((?:controlplane|pprof)\\.\\w+) +(\\d+) +\\d+", Pattern.MULTILINE);

  /** Which events a server's recording must have; others of ours may be in it. */
  private static final Map<String, List<String>> MUST =
      Map.of(
          "upload-server",
          List.of(
              "controlplane.Upload",
              "controlplane.Publish",
              "controlplane.Commit",
              "controlplane.Announce",
              "pprof.Profile"),
          "consumer-server",
          List.of("pprof.Profile"),
          "grpc-server",
          List.of(
              "controlplane.Commit",
              "controlplane.FanOut",
              "pprof.Profile",
              "controlplane.Subscription"));

  private static Cluster cluster;
  private static Path directory;
  private static int versions;

  @BeforeAll
  static void start() throws IOException {
    // Signs of life are written at once, so that each recording has one.
    cluster = Cluster.builder().with("LAST_SEEN_WRITE", "PT0.01S").start();
    // The root of the repository as the guide's reader sees it, without leaving files there.
    directory = Files.createDirectory(cluster.root().resolve("guide"));
    for (String part : List.of("modules", "bin", "jfr-configs")) {
      Files.createSymbolicLink(directory.resolve(part), Tools.repository().resolve(part));
    }
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void everyCommandOfTheGuideWorksAndTheEventsOfTheServersAreInTheRecordings() throws Exception {
    List<Guide.Block> blocks = Guide.read("jfr.md").blocks();
    assertTrue(blocks.size() >= 8, blocks.size() + " blocks");
    StringBuilder said = new StringBuilder();
    for (Guide.Block block : blocks) {
      said.append(follow(block));
      work();
    }

    for (ServerUnderTest server : cluster.servers()) {
      Map<String, Long> counts =
          counts(directory.resolve("target/guide/" + server.name() + ".jfr"));
      for (String event : MUST.get(server.name())) {
        assertTrue(
            counts.getOrDefault(event, 0L) > 0,
            () -> event + " of " + server.name() + " is not among " + counts);
      }
    }
    String all = said.toString();
    for (String line :
        List.of(
            "revision = 2",
            "result = \"created\"",
            "database = \"catalog.db\"",
            "url = \"" + cluster.grpcHttpUrl() + "/internal/broadcast\"",
            "form = \"counted\"")) {
      assertTrue(all.contains(line), () -> line + " is not in " + all);
    }
  }

  /** What leaves traces: an upload that reaches a subscriber, and a profile of each server. */
  private static void work() throws InterruptedException {
    CountDownLatch arrived = new CountDownLatch(1);
    Follower follower = Follower.subscribe(cluster, "recorded", update -> arrived.countDown());
    try {
      cluster.published("recorded.js", "1." + versions++, new byte[] {(byte) versions});
      assertTrue(arrived.await(60, TimeUnit.SECONDS), "the update did not arrive");
    } finally {
      follower.close();
    }
    for (String url : List.of(cluster.uploadUrl(), cluster.consumerUrl(), cluster.grpcHttpUrl())) {
      assertEquals(200, Cluster.get(url + "/debug/pprof/goroutine?debug=1").statusCode());
    }
  }

  private static String follow(Guide.Block block) {
    Tools.Result result = Tools.run(Duration.ofMinutes(2), shell(block.commands()));
    String output = result.output();
    assertEquals(0, result.exitCode(), () -> block.commands() + output);
    output
        .lines()
        // Not the names and values of events.
        .filter(line -> !line.contains(" = ") && !line.contains("jdk."))
        .forEach(
            line ->
                assertFalse(
                    COMPLAINT.matcher(line.toLowerCase(Locale.ROOT)).find(),
                    () -> block.commands() + output));
    return output;
  }

  /** A shell whose path begins as the guide says, in which process names are this cluster's. */
  private static ProcessBuilder shell(String commands) {
    String mine = commands;
    for (ServerUnderTest server : cluster.servers()) {
      mine = mine.replace("$(pgrep -x " + server.name() + ")", String.valueOf(server.pid()));
    }
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-eu", "-c", mine).directory(directory.toFile());
    shell
        .environment()
        .merge(
            "PATH",
            Path.of(ServerUnderTest.java()).getParent().toString(),
            (old, jdk) -> jdk + ":" + old);
    return shell;
  }

  private static Map<String, Long> counts(Path recording) {
    ProcessBuilder summary =
        new ProcessBuilder(
            Path.of(ServerUnderTest.java()).resolveSibling("jfr").toString(),
            "summary",
            recording.toString());
    Matcher counted =
        COUNTED.matcher(Tools.run(Duration.ofMinutes(1), summary).mustSucceed().output());
    Map<String, Long> counts = new TreeMap<>();
    while (counted.find()) {
      counts.put(counted.group(1), Long.valueOf(counted.group(2)));
    }
    return counts;
  }
}
