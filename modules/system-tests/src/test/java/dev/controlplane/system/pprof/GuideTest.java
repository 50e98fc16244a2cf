package dev.controlplane.system.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.Ports;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Types every command of {@code docs/pprof-guide.md}, in order, against the real servers. */
class GuideTest {
  /** For a machine that has much else to do. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * Signals that wait for their dumps: the guide's reader has seconds, a busy machine needs more.
   */
  private static final String SIGNALS =
      """
      dumps() { ls DIRECTORIES | grep -c '^goroutine-dump-' || true; }
      await_dumps() { until [ "$(dumps)" -ge "$1" ]; do sleep 0.1; done; }
      kill() { local before=$(dumps); command kill "$@"; await_dumps $((before + 1)); }
      killall() { local before=$(dumps); command killall "$@"; await_dumps $((before + SERVERS)); }
      """;

  /** What no tool may say on stderr. */
  private static final Pattern COMPLAINT =
      Pattern.compile(
          "warning|error|failed|could not|can't|cannot|not found|no such|unavailable|not available"
              + "|symbolization|exception");

  /** What an answer must have: a heading of the guide, a pattern, how often at least. */
  private record Must(String heading, String pattern, int times) {}

  private static final List<Must> MUST =
      List.of(
          new Must("What there is", "Types of profiles available:", 3),
          new Must("What there is", "<a href='goroutine\\?debug=1'>", 3),
          new Must("Goroutines as text", "goroutine profile: total [1-9]", 4),
          new Must("Goroutines as text", "goroutine \\d+ \\[running]:", 3),
          new Must("Goroutines as text", "created by \\S+Vital.<init>", 3),
          new Must("Goroutines as text", "created by \\S+LongLivedStream.serve", 1),
          new Must("Goroutines as text", "created by \\S+SubscribeWorkerUpdates.subscribe", 1),
          new Must("Goroutines as text", "-jar \\S+-server.jar", 3),
          new Must("Goroutines as text", "num_symbols: 1", 2),
          new Must("Goroutines as text", "0x[0-9a-f]+ \\S+\\.\\S+", 1),
          new Must("go tool pprof", "Type: goroutine", 12),
          new Must("go tool pprof", "Showing nodes accounting for \\d+, 100% of \\d+ total", 4),
          new Must("go tool pprof", "ROUTINE =+ dev.controlplane.server.ServerProcess.run", 3),
          new Must(
              "go tool pprof", "ROUTINE =+ \\S+SubscribeWorkerUpdates.subscribeWorkerUpdates", 1),
          new Must("go tool pprof", "Generating report in \\S+svg", 3),
          new Must("What changed in a while", "Type: goroutine", 1),
          new Must("CPU", "Type: cpu", 2),
          new Must("Memory", "Type: alloc_space", 3),
          new Must("Memory", "Type: inuse_space", 1),
          new Must("Memory", "# HeapAlloc = [1-9]", 1),
          new Must("Waiting", "Type: delay", 4),
          new Must("Waiting", "LogTail.run", 2),
          new Must("Waiting", "--- mutex:", 1),
          new Must("Threads of the system", "threadcreate profile: total [1-9]", 1),
          new Must("Deadlocks and leaks", "deadlock profile: total 0", 3),
          new Must("Deadlocks and leaks", "goroutineleak profile: total 0", 1),
          new Must("A recording of everything", "Version: \\d", 1),
          new Must("One consumer", "consumer: +me", 1),
          new Must("One consumer", "go::goroutine_state", 1),
          new Must(
              "A dump of a running server: SIGQUIT", "=== Goroutine Dump for grpc-server at ", 2),
          new Must(
              "Reading dumps", "goroutine-dump-grpc-server-\\S+.txt:Total goroutines: \\d+", 2),
          new Must(
              "Reading dumps", "goroutine-dump-upload-server-\\S+.txt:Total goroutines: \\d+", 1),
          new Must("Reading dumps", "\\d+ created by \\S+Vital.<init>", 1),
          new Must("Reading dumps", "\\d+ chan receive", 1),
          new Must("Collecting over time", "goroutine-\\d+-3.pb.gz", 3),
          new Must("Collecting over time", "Total goroutines: \\d+", 4),
          new Must("Hunting a leak", "Type: goroutine", 2),
          new Must("Other readers", "Type: goroutine", 1));

  private static Cluster cluster;
  private static Follower subscriber;
  private static Path directory;

  @BeforeAll
  static void followTheFirstLines() throws IOException {
    cluster = Cluster.start();
    subscriber = Follower.subscribe(cluster, "me", update -> {});
    // The root of the repository as the guide's reader sees it, without leaving files there.
    directory = Files.createDirectory(cluster.root().resolve("guide"));
    for (String part : List.of("modules", "bin")) {
      Files.createSymbolicLink(directory.resolve(part), Tools.repository().resolve(part));
    }
  }

  @AfterAll
  static void stop() {
    if (subscriber != null) {
      subscriber.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyCommandOfTheGuideWorks() {
    return Guide.read().blocks().stream()
        .map(
            block ->
                DynamicTest.dynamicTest(
                    block.heading() + ", line " + block.line(), () -> follow(block)));
  }

  @Test
  void theGuideHasTheCommandsThatItIsExpectedToHave() {
    List<Guide.Block> blocks = Guide.read().blocks();

    assertTrue(blocks.size() >= 20, blocks.size() + " blocks");
    for (Must must : MUST) {
      assertTrue(
          blocks.stream().anyMatch(block -> block.heading().equals(must.heading)), must.heading);
    }
  }

  private static final Map<String, StringBuilder> SAID =
      new java.util.concurrent.ConcurrentHashMap<>();

  private void follow(Guide.Block block) throws Exception {
    if (block.commands().contains("-http=")) {
      theBrowserOpens(block);
      return;
    }
    Path errors = directory.resolve("stderr.txt");
    ProcessBuilder shell = shell(block.commands()).redirectError(errors.toFile());
    Path output = directory.resolve("stdout.txt");
    Process process = shell.redirectOutput(output.toFile()).start();
    assertTrue(
        process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), "still runs: " + block.commands());

    String said = read(output);
    String complained = read(errors);
    assertEquals(0, process.exitValue(), () -> block.commands() + said + complained);
    complained
        .lines()
        .forEach(
            line -> assertFalse(COMPLAINT.matcher(line.toLowerCase(Locale.ROOT)).find(), line));
    String all =
        SAID.computeIfAbsent(block.heading(), heading -> new StringBuilder())
            .append(said)
            .append(complained)
            .toString();
    if (isLastOf(block)) {
      MUST.stream()
          .filter(must -> must.heading.equals(block.heading()))
          .forEach(must -> must(must, all));
    }
  }

  private static boolean isLastOf(Guide.Block block) {
    return Guide.read().blocks().stream()
        .filter(other -> other.heading().equals(block.heading()))
        .filter(other -> !other.commands().contains("-http="))
        .allMatch(other -> other.line() <= block.line());
  }

  private static void must(Must must, String all) {
    long found = Pattern.compile(must.pattern).matcher(all).results().count();
    assertTrue(
        found >= must.times,
        () -> "%d of %d times %s in: %s".formatted(found, must.times, must.pattern, all));
  }

  /** The command serves until Ctrl-C. */
  private static void theBrowserOpens(Guide.Block block) throws Exception {
    int port = Ports.free();
    Path output = directory.resolve("http.txt");
    Process process =
        shell("exec " + block.commands().replace("localhost:9090", "localhost:" + port))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      String page = "http://localhost:" + port + "/ui/";
      Await.until(
          PATIENCE,
          () -> page + " answers; " + read(output),
          () -> Cluster.get(page + "top").statusCode() == 200);
      for (String view : List.of("top", "flamegraph", "peek?f=main", "source?f=main")) {
        assertEquals(200, Cluster.get(page + view).statusCode(), view);
      }
    } finally {
      process.destroy();
      process.waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** A shell in which the guide's ports and process names are those of this cluster. */
  private static ProcessBuilder shell(String commands) {
    String mine =
        commands
            .replaceAll("\\b8080\\b", port(cluster.uploadUrl()))
            .replaceAll("\\b8081\\b", port(cluster.consumerUrl()))
            .replaceAll("\\b8082\\b", port(cluster.grpcHttpUrl()));
    for (ServerUnderTest server : cluster.servers()) {
      mine = mine.replace("$(pgrep -x " + server.name() + ")", String.valueOf(server.pid()));
    }
    String directories =
        cluster.servers().stream()
            .map(server -> "'" + server.directory() + "'")
            .collect(Collectors.joining(" "));
    String signals =
        SIGNALS
            .replace("DIRECTORIES", directories)
            .replace("SERVERS", String.valueOf(cluster.servers().size()));
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-eu", "-c", signals + mine).directory(directory.toFile());
    shell.environment().put("INTERVAL", "0");
    shell.environment().put("PPROF_TMPDIR", directory.resolve("pprof").toString());
    return shell;
  }

  private static String port(String url) {
    return url.substring(url.lastIndexOf(':') + 1);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
