package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.BadNetwork;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import dev.controlplane.system.harness.GoroutineText;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A client that is gone, in whatever way, leaves no thread behind. */
class GoneClientsTest {
  /** What is promised where TCP tells that the client has gone. */
  private static final Duration TOLD = Duration.ofSeconds(5);

  private static final Duration KEEPALIVE = Duration.ofSeconds(6);
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        Cluster.builder().with("KEEPALIVE", KEEPALIVE.toString()).withoutConsumerServer().start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  static Stream<ForeignClient> clients() {
    return Stream.of(ForeignClient.go(), ForeignClient.python());
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aKilledClientsThreadsAreGoneWithinFiveSeconds(ForeignClient client) {
    try (Run run = client.subscribe(cluster, "killed")) {
      requireHandlerAndTicker("killed");
      run.kill();
      awaitNoThreadOf("killed", TOLD);
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aTerminatedClientsThreadsAreGoneWithinFiveSeconds(ForeignClient client) {
    try (Run run = client.subscribe(cluster, "terminated")) {
      requireHandlerAndTicker("terminated");
      run.terminate();
      awaitNoThreadOf("terminated", TOLD);
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aClientThatHasEnoughIsGoneWithinFiveSeconds(ForeignClient client) {
    try (Run run = client.start(cluster, "-count", "1", "subscribe", "content")) {
      run.next("headers");
      requireHandlerAndTicker("content");
      cluster.published("content", client.name().replace(' ', '-'), new byte[] {1});
      run.update();
      awaitNoThreadOf("content", TOLD);
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aClientWhoseCableIsOutIsGoneAfterTheKeepalive(ForeignClient client) {
    try (BadNetwork cable = new BadNetwork(cluster.grpcPort());
        Run _ = client.subscribe(cable.port(), "unplugged")) {
      requireHandlerAndTicker("unplugged");
      cable.goSilent();
      awaitNoThreadOf("unplugged", KEEPALIVE.plus(TOLD));
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aQuietClientThatAnswersStaysLongerThanTheKeepalive(ForeignClient client) {
    try (BadNetwork cable = new BadNetwork(cluster.grpcPort());
        Run stays = client.subscribe(cluster, "stays");
        Run _ = client.subscribe(cable.port(), "unplugged-too")) {
      cable.goSilent();
      // The same keepalive has passed for both.
      awaitNoThreadOf("unplugged-too", KEEPALIVE.plus(TOLD));
      requireHandlerAndTicker("stays");
      long revision = cluster.published("stays", client.name().replace(' ', '-'), new byte[] {2});
      stays.updatesTo(revision);
    }
  }

  private static void requireHandlerAndTicker(String consumer) {
    assertEquals(2, threadsOf(consumer).size(), () -> "threads: " + threadsOf(consumer));
  }

  private static void awaitNoThreadOf(String consumer, Duration limit) {
    Await.until(
        limit,
        () -> "no thread is " + consumer + "'s: " + threadsOf(consumer),
        () -> threadsOf(consumer).isEmpty());
  }

  private static List<GoroutineText> threadsOf(String consumer) {
    return GoroutineText.of(cluster.grpcHttpUrl()).stream()
        .filter(thread -> thread.labels().contains("\"consumer\": \"" + consumer + '"'))
        .toList();
  }
}
