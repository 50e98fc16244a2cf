package dev.controlplane.system.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Backup;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import dev.controlplane.system.harness.Health;
import dev.controlplane.system.harness.Load;
import dev.controlplane.system.harness.ServerUnderTest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever an operator does to the data directory, no agent loses a worker that nobody has deleted.
 */
class UnharmedAgentsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String[] HARM = {"removed", "resync", "withheld", "damaged", "rejected"};

  private Cluster cluster;
  private Cpctl cpctl;

  @BeforeEach
  void start() {
    cluster = Cluster.start();
    cpctl = new Cpctl(cluster);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private Map<String, String> publish(int from, int to) {
    Map<String, String> published = new TreeMap<>();
    for (int n = from; n <= to; n++) {
      String worker = "w" + n;
      cluster.published(worker, "1", AgentUnderTest.bytes("one of " + worker));
      published.put(worker, "one of " + worker);
    }
    return published;
  }

  private AgentUnderTest agent(String id, String... options) {
    return new AgentUnderTest(cpctl, id, options).start();
  }

  private List<String> urls() {
    return List.of(cluster.uploadUrl(), cluster.consumerUrl(), cluster.grpcHttpUrl());
  }

  private void awaitDown() {
    urls().forEach(url -> Health.awaitDown(url, cluster.data().toString()));
  }

  private void awaitUp() {
    urls().forEach(Health::awaitUp);
  }

  @Test
  void aVolumeThatIsUnmountedAndMountedAgainCostsNoAgentAWorker() {
    try (Volume volume = new Volume(cluster);
        AgentUnderTest agent = agent("edge")) {
      Map<String, String> workers = publish(1, 5);
      agent.awaitActive(workers);

      volume.unmount();
      awaitDown();
      agent.run().awaitOut("disconnected");
      assertEquals(503, cluster.publish("w6", "1", AgentUnderTest.bytes("lost")).statusCode());
      HttpResponse<String> file = Cluster.get(cluster.consumerUrl() + "/file/w1");
      assertEquals(503, file.statusCode(), file::body);
      assertEquals("storage_unavailable", Cluster.json(file).path("error").asText());
      assertTrue(file.headers().firstValue("Retry-After").isPresent());

      volume.mount();
      awaitUp();
      workers.putAll(publish(6, 6));
      agent.awaitActive(workers);
      agent.mustNotTell(HARM);
    }
  }

  @Test
  void aCatalogThatIsRenamedAwayAndBackUnderLoadCostsNoAgentAWorker() throws Exception {
    Path catalog = cluster.data().resolve("catalog.db");
    Path away = cluster.data().resolveSibling("catalog.away");
    try (Load load = new Load(cluster, 4);
        AgentUnderTest agent = agent("edge")) {
      load.awaitMore();
      for (int round = 0; round < 3; round++) {
        Files.move(catalog, away);
        awaitDown();
        Files.move(away, catalog);
        awaitUp();
        load.awaitMore();
      }
      agent.awaitActive(load.stop());
      agent.mustNotTell(HARM);
    }
  }

  @Test
  void serversWithAnotherStoragePathDeleteNothingAndBackAtTheRightOneAllGoesOn() {
    Map<String, String> workers = publish(1, 5);
    try (AgentUnderTest agent = agent("edge")) {
      agent.awaitActive(workers);
      Path wrong = cluster.root().resolve("wrong");

      // One server looks where nothing is.
      cluster.grpc().terminate(LIMIT);
      cluster.grpc().with("STORAGE_PATH", wrong.toString()).launch().awaitReady();
      Health.awaitDown(cluster.grpcHttpUrl(), wrong.toString());
      List<String> warnings =
          cluster.grpc().logText().lines().filter(line -> line.contains("level=warning")).toList();
      assertEquals(1, warnings.size(), cluster.grpc()::logText);
      assertTrue(warnings.getFirst().contains(wrong.toString()), cluster.grpc()::logText);
      agent.run().awaitOut("UNAVAILABLE");
      assertTrue(Files.notExists(wrong), "only upload-server makes a data directory");

      // All of them do, and upload-server makes an empty catalog there.
      for (ServerUnderTest server : cluster.servers()) {
        server.terminate(LIMIT);
        server.with("STORAGE_PATH", wrong.toString()).launch();
      }
      cluster.servers().forEach(ServerUnderTest::awaitReady);
      agent.awaitWithheld("w1 new_log", "w2 new_log", "w3 new_log", "w4 new_log", "w5 new_log");
      workers.putAll(publish(6, 6));
      agent.awaitActive(workers);

      // Back at the right one, which has never had the sixth.
      for (ServerUnderTest server : cluster.servers()) {
        server.terminate(LIMIT);
        server.with("STORAGE_PATH", cluster.data().toString()).launch();
      }
      cluster.servers().forEach(ServerUnderTest::awaitReady);
      agent.awaitWithheld("w6 new_log");
      cluster.published("w1", "2", AgentUnderTest.bytes("two of w1"));
      workers.put("w1", "two of w1");
      agent.awaitActive(workers);
      agent.mustNotTell("removed", "damaged", "rejected");
    }
  }

  @Test
  void aRestoredBackupIsFollowedWithheldOrTheEndOfTheAgentAsItsOptionSays() throws Exception {
    Map<String, String> backedUp = publish(1, 3);
    Backup backup = new Backup(cluster);
    Map<String, String> all = new TreeMap<>(backedUp);
    all.putAll(publish(4, 5));
    try (AgentUnderTest keeping = agent("keeping");
        AgentUnderTest following = agent("following", "--on-new-log", "follow");
        AgentUnderTest stopping = agent("stopping", "--on-new-log", "stop")) {
      for (AgentUnderTest agent : List.of(keeping, following, stopping)) {
        agent.awaitActive(all);
      }
      backup.restore();

      following.awaitActive(backedUp);
      assertEquals(1, stopping.run().awaitEnd().code(), stopping.run()::toString);
      assertEquals(all, stopping.active());
      keeping.awaitWithheld("w4 new_log", "w5 new_log");
      assertEquals(all, keeping.active());
      keeping.run().awaitOut("withheld worker=w4");
      keeping.run().awaitOut("withheld worker=w5");

      // An agent that is started again still knows.
      keeping.kill();
      keeping.start().run().awaitOut("withheld worker=w4");
      keeping.awaitWithheld("w4 new_log", "w5 new_log");
      // What is published again is no longer withheld.
      cluster.published("w4", "2", AgentUnderTest.bytes("two of w4"));
      keeping.awaitWithheld("w5 new_log");
      Map<String, String> now = new TreeMap<>(backedUp);
      now.put("w4", "two of w4");
      following.awaitActive(now);
      keeping.confirmDeletions();
      keeping.awaitActive(now);
      keeping.awaitWithheld();
    }
  }

  @Test
  void aSnapshotThatDeletesTooMuchIsWithheldUntilSomebodyConfirms() {
    Map<String, String> workers = publish(1, 6);
    try (AgentUnderTest careful = agent("careful");
        AgentUnderTest trusting = agent("trusting", "--max-delete", "100")) {
      careful.awaitActive(workers);
      trusting.awaitActive(workers);
      careful.kill();
      trusting.kill();
      for (int n = 1; n <= 5; n++) {
        cluster.deleted("w" + n, "1");
      }
      long head = cluster.published("w6", "2", AgentUnderTest.bytes("two of w6"));
      cpctl.run("compact", String.valueOf(head));
      Map<String, String> left = Map.of("w6", "two of w6");

      trusting.start().awaitActive(left);
      careful.start();
      careful.awaitWithheld(
          "w1 max_delete", "w2 max_delete", "w3 max_delete", "w4 max_delete", "w5 max_delete");
      workers.put("w6", "two of w6");
      careful.awaitActive(workers);
      careful.confirmDeletions();
      careful.awaitActive(left);
      careful.awaitWithheld();
    }
  }
}
