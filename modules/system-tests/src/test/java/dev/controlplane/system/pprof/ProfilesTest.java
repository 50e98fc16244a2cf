package dev.controlplane.system.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.GoroutineText;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the servers' goroutines look like, to people and to the parsers of others. */
class ProfilesTest {
  /** For a machine that has much else to do. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static Map<String, String> urls() {
    return Map.of(
        "upload-server", cluster.uploadUrl(),
        "consumer-server", cluster.consumerUrl(),
        "grpc-server", cluster.grpcHttpUrl());
  }

  @Test
  void everyServerHasTheGoroutinesThatTheGuideExpects() {
    List<Guide.Expected> expected = Guide.read().expectedGoroutines();
    assertTrue(expected.size() >= 10, expected.toString());

    Follower subscriber = Follower.subscribe(cluster, "expected", update -> {});
    try {
      urls()
          .forEach(
              (server, url) -> {
                for (Guide.Expected row : expected) {
                  if (row.isOn(server)) {
                    awaitGoroutine(server, url, row);
                  }
                }
              });
    } finally {
      subscriber.close();
    }
  }

  /** The databases' readers start with the first work and end after a while without. */
  private static void awaitGoroutine(String server, String url, Guide.Expected row) {
    Await.until(
        PATIENCE,
        () -> server + " has " + row + ": " + GoroutineText.of(url),
        () -> {
          Cluster.get(url + (server.equals("grpc-server") ? "/consumers" : "/observe/health"));
          return GoroutineText.of(url).stream()
              .filter(goroutine -> goroutine.state().equals(row.state()))
              .filter(goroutine -> goroutine.calls(row.frame()))
              .anyMatch(goroutine -> goroutine.isLabelled("consumer") == row.isOfSubscription());
        });
  }

  @Test
  void theTransportCreatesTheStreamHandlerAndTheSubscriptionItsTicker() {
    Follower subscriber = Follower.subscribe(cluster, "created", update -> {});
    try {
      for (String[] pair :
          new String[][] {
            {"SubscribeWorkerUpdates.subscribeWorkerUpdates", "LongLivedStream.serve"},
            {"SubscribeWorkerUpdates.tick", "SubscribeWorkerUpdates.subscribeWorkerUpdates"}
          }) {
        Await.until(
            PATIENCE,
            () -> pair[0] + " by " + pair[1] + ": " + GoroutineText.of(cluster.grpcHttpUrl()),
            () ->
                GoroutineText.of(cluster.grpcHttpUrl()).stream()
                    .filter(one -> one.isLabelled("consumer") && one.calls(pair[0]))
                    .anyMatch(one -> one.isCreatedBy(pair[1])));
      }
    } finally {
      subscriber.close();
    }
  }

  @Test
  void theCommandLineIsWhatTheProcessWasStartedWith() {
    urls()
        .forEach(
            (server, url) -> {
              String line = Cluster.get(url + "/debug/pprof/cmdline").body();
              assertTrue(line.contains("-jar\0"), line);
              assertTrue(line.contains("/" + server + ".jar"), line);
              assertTrue(!line.contains("\0\0"), line);
            });
  }

  @Test
  void eachSubscriptionHasTwoGoroutinesAndTheyEndWithIt() {
    // Subscriptions of the tests before may still be ending, and their connections after them.
    awaitSubscriptions(0, 0);
    int total = GoroutineText.of(cluster.grpcHttpUrl()).size();
    ManagedChannel channel = cluster.channel();
    Unread.subscribe(channel, 50);

    awaitSubscriptions(100, 1);
    // Carriers and pollers come and go.
    Await.until(
        PATIENCE,
        () -> "about 101 more than " + total + ": " + GoroutineText.of(cluster.grpcHttpUrl()),
        () -> Math.abs(GoroutineText.of(cluster.grpcHttpUrl()).size() - total - 101) <= 10);

    channel.shutdownNow();
    awaitSubscriptions(0, 0);
  }

  /** Goroutines with the label of a consumer, and those that read the frames of a connection. */
  private static void awaitSubscriptions(long labelled, long reading) {
    Await.until(
        PATIENCE,
        () ->
            "%d goroutines of consumers, %d of connections: %s"
                .formatted(labelled, reading, GoroutineText.of(cluster.grpcHttpUrl())),
        () -> {
          List<GoroutineText> all = GoroutineText.of(cluster.grpcHttpUrl());
          return all.stream().filter(one -> one.isLabelled("consumer")).count() == labelled
              && all.stream()
                      .filter(
                          one -> one.calls("transport.http2.connection.GuardedConnection.handle"))
                      .count()
                  == reading;
        });
  }

  @Test
  void panicparseReadsEveryGoroutineInItsSpelling() throws IOException {
    judge("panicparse", "?debug=2&compat=panicparse");
  }

  @Test
  void gostackparseReadsEveryGoroutineWithAndWithoutLabels() throws IOException {
    judge("gostackparse", "?debug=2");
    judge("gostackparse", "?debug=2&labels=0");
  }

  private static void judge(String program, String query) throws IOException {
    Follower subscriber = Follower.subscribe(cluster, "judged", update -> {});
    try {
      for (String url : urls().values()) {
        String dump = Cluster.get(url + "/debug/pprof/goroutine" + query).body();
        Path file = Files.writeString(cluster.root().resolve(program + ".txt"), dump);
        Tools.Result result =
            Tools.run("bash", "-c", Tools.built(program) + " < " + file).mustSucceed();
        assertEquals(headers(dump), result.output().lines().count(), dump);
      }
    } finally {
      subscriber.close();
    }
  }

  private static long headers(String dump) {
    return dump.lines().filter(line -> line.startsWith("goroutine ")).count();
  }

  @Test
  void sigquitWritesPrivateDumpsWhileTheServersGoOnServing() throws IOException {
    for (ServerUnderTest server : cluster.servers()) {
      long before = dumps(server).size();
      Tools.run("kill", "-QUIT", String.valueOf(server.pid())).mustSucceed();
      Await.until(
          PATIENCE,
          () -> "a dump of " + server.name() + ": " + server.logText(),
          // At least: killall of another test on this machine reaches this server too.
          () -> dumps(server).size() > before);
    }
    for (ServerUnderTest server : cluster.servers()) {
      Path dump = dumps(server).getLast();
      String text = Files.readString(dump);
      String start =
          "=== Goroutine Dump for %s at \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(Z|[+-]\\d\\d:\\d\\d) ===\n"
              .formatted(server.name());
      assertTrue(
          Pattern.compile(
                  start + "Total goroutines: " + headers(text) + "\n\ngoroutine \\d+ \\[running]:")
              .matcher(text)
              .lookingAt(),
          text);
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(dump)));
      assertEquals(
          200, Cluster.get(urls().get(server.name()) + "/health").statusCode(), server.name());
      assertEquals(
          server.name(), Files.readString(Path.of("/proc/" + server.pid() + "/comm")).strip());
    }
  }

  private static List<Path> dumps(ServerUnderTest server) throws IOException {
    try (Stream<Path> files = Files.list(server.directory())) {
      return new ArrayList<>(
          files
              .filter(file -> file.getFileName().toString().startsWith("goroutine-dump-"))
              .sorted()
              .toList());
    }
  }
}
