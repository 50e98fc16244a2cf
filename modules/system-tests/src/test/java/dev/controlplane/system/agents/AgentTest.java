package dev.controlplane.system.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** {@code cpctl agent} as a process, against the real servers. */
class AgentTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Cluster cluster;
  private static Cpctl cpctl;

  private String id;
  private Path root;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.builder().with("INLINE_LIMIT", "1000").start();
    cpctl = new Cpctl(cluster);
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    id = test.getTestMethod().orElseThrow().getName();
    root = cpctl.directory().resolve(id);
  }

  private Cpctl.Run agent(String... more) {
    String[] arguments = new String[5 + more.length];
    System.arraycopy(
        new String[] {"agent", "--id", id, "--dir", root.toString()}, 0, arguments, 0, 5);
    System.arraycopy(more, 0, arguments, 5, more.length);
    return cpctl.start(arguments);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] large(int seed) {
    byte[] bytes = new byte[100_000];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private void awaitCurrent(String worker, byte[] expected, Cpctl.Run agent) {
    Path current = root.resolve(worker).resolve("current");
    Await.until(
        LIMIT,
        () -> worker + " is up to date; " + agent,
        () -> java.util.Arrays.equals(expected, Files.readAllBytes(current)));
  }

  private JsonNode status(String worker) throws IOException {
    Cpctl.Run run = cpctl.run("status", "--worker", worker, "--json");
    assertEquals(0, run.code(), run::toString);
    for (JsonNode row : new ObjectMapper().readTree(run.out()).path("rows")) {
      if (row.path("consumer_id").asText().equals(id)) {
        return row;
      }
    }
    throw new IOException("no row of " + id + " in " + run);
  }

  private void awaitStatus(String worker, String active, String rejected) {
    Await.until(
        LIMIT,
        () -> worker + " is reported: " + active + ", " + rejected,
        () -> {
          JsonNode row = status(worker);
          return row.path("active").asText("").equals(active)
              && row.path("rejected").asText("").equals(rejected);
        });
  }

  @Test
  void versionsAreSwitchedRejectedRolledBackAndDeleted() throws Exception {
    cluster.published("w", "1", bytes("one"));
    cluster.published("fetched", "1", large(1));
    String hook = "echo looking at $CPCTL_WORKER; ! grep -q bad \"$CPCTL_FILE\"";
    try (Cpctl.Run agent = agent("--worker", "w", "fetched", "--exec", hook)) {
      agent.awaitOut("synced revision=");
      assertTrue(agent.out().contains("active worker=w version=1 revision="), agent::toString);
      assertArrayEquals(large(1), Files.readAllBytes(root.resolve("fetched/current")));
      awaitStatus("w", "1", "");

      cluster.published("w", "2", bytes("bad"));
      agent.awaitOut("rejected worker=w version=2");
      assertEquals("versions/1", Files.readSymbolicLink(root.resolve("w/current")).toString());
      awaitStatus("w", "1", "2");
      JsonNode row = status("w");
      assertEquals(
          "1 looking at w", row.path("code").asText() + " " + row.path("message").asText());
      assertTrue(agent.err().contains("[w 2] looking at w"), agent::toString);

      cluster.published("w", "3", bytes("three"));
      awaitCurrent("w", bytes("three"), agent);
      awaitStatus("w", "3", "");
      cluster.rolledBack("w", "1");
      awaitCurrent("w", bytes("one"), agent);
      cluster.deleted("w", "1");
      awaitCurrent("w", bytes("three"), agent);
      // What is left is what it would not have, and is asked about anew.
      cluster.deleted("w", "3");
      agent.awaitOut("rejected worker=w version=2 revision=7 exit_code=1");
      cluster.published("fetched", "2", large(2));
      awaitCurrent("fetched", large(2), agent);
      cluster.deleted("fetched", "2");
      awaitCurrent("fetched", large(1), agent);
      cluster.deleted("fetched", "1");
      agent.awaitOut("removed worker=fetched");
      assertFalse(Files.exists(root.resolve("fetched"), LinkOption.NOFOLLOW_LINKS));
      agent.process().destroy();
      assertEquals(143, agent.awaitEnd().code(), agent::toString);
    }
  }

  @Test
  void killedServersAndAKilledAgentLoseNothing() throws Exception {
    cluster.published("k", "1", large(1));
    cluster.published("gone", "1", bytes("gone"));
    Cpctl.Run first = agent("--worker", "k", "gone");
    try (first) {
      first.awaitOut("synced revision=");
      cluster.grpc().killHard();
      first.awaitOut("disconnected");
      cluster.published("k", "2", large(2));
      cluster.grpc().launch().awaitReady();
      awaitCurrent("k", large(2), first);
      assertFalse(first.out().contains("resync"), first::toString);
    }
    // Killed by now.
    cluster.published("k", "3", large(3));
    cluster.deleted("gone", "1");
    cluster.servers().forEach(ServerUnderTest::killHard);
    try (Cpctl.Run second = agent("--worker", "k", "gone")) {
      second.awaitOut("found worker=k version=2");
      second.awaitOut("disconnected");
      assertArrayEquals(large(2), Files.readAllBytes(root.resolve("k/current")));
      Cpctl.Run third = agent("--worker", "k").awaitEnd();
      assertEquals(1, third.code(), third::toString);
      assertTrue(third.err().contains("another agent works in"), third::toString);
      cluster.servers().forEach(ServerUnderTest::launch);
      cluster.servers().forEach(ServerUnderTest::awaitReady);
      awaitCurrent("k", large(3), second);
      second.awaitOut("removed worker=gone");
      awaitStatus("k", "3", "");
    }
  }
}
