package dev.controlplane.system.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A version that agents rejected is tried again once its reason is mended. */
class RetryTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String state(Cpctl cpctl, String consumer) throws IOException {
    Cpctl.Run run = cpctl.run("status", "--consumer", consumer, "--json");
    if (run.code() == 4) {
      return "unknown";
    }
    assertEquals(0, run.code(), run::toString);
    JsonNode row = new ObjectMapper().readTree(run.out()).path("rows").path(0);
    return row.path("state").asText("none") + " " + row.path("active").asText("none");
  }

  private static void awaitState(Cpctl cpctl, String consumer, String state) {
    Await.until(LIMIT, () -> consumer + " is " + state, () -> state(cpctl, consumer).equals(state));
  }

  @Test
  void aRejectedVersionBecomesActiveAfterARetryAlsoOfAnAgentThatWasAway() throws Exception {
    try (Cluster cluster = Cluster.start()) {
      Cpctl cpctl = new Cpctl(cluster);
      Path mended = cpctl.directory().resolve("mended");
      String hook =
          "echo hook for $CPCTL_VERSION; test -e " + mended + " || ! grep -q two $CPCTL_FILE";
      cluster.published("w", "1", bytes("one"));
      try (AgentUnderTest here = new AgentUnderTest(cpctl, "here", "--exec", hook);
          AgentUnderTest away = new AgentUnderTest(cpctl, "away", "--exec", hook);
          AgentUnderTest fine = new AgentUnderTest(cpctl, "fine");
          Cpctl.Run subscriber = cpctl.start("subscribe", "--id", "subscriber")) {
        subscriber.awaitErr("subscribed to all workers");
        here.start().awaitActive(Map.of("w", "one"));
        away.start().awaitActive(Map.of("w", "one"));
        fine.start().awaitActive(Map.of("w", "one"));
        cluster.published("w", "2", bytes("two"));
        awaitState(cpctl, "here", "rejected 1");
        awaitState(cpctl, "away", "rejected 1");
        awaitState(cpctl, "fine", "active 2");
        away.run().process().destroy();
        away.run().awaitEnd();

        Cpctl.Run wrong = cpctl.run("retry", "w", "1");
        assertEquals(5, wrong.code(), wrong::toString);
        assertTrue(wrong.err().contains("version 1 of w is not the latest, 2 is"), wrong::toString);
        assertEquals(4, cpctl.run("retry", "w", "3").code());
        Cpctl.Run ghost = cpctl.run("retry", "w", "2", "--consumer", "ghost");
        assertEquals(4, ghost.code(), ghost::toString);
        assertTrue(ghost.err().contains("no consumer ghost"), ghost::toString);

        Files.createFile(mended);
        Cpctl.Run retry = cpctl.run("retry", "w", "2");
        assertEquals(0, retry.code(), retry::toString);
        assertEquals("w 2 is tried again by consumers that rejected it, revision 3\n", retry.out());
        here.awaitActive(Map.of("w", "two"));
        awaitState(cpctl, "here", "active 2");
        awaitState(cpctl, "fine", "active 2");
        cluster.grpc().killHard();
        cluster.grpc().launch().awaitReady();
        away.start().awaitActive(Map.of("w", "two"));
        awaitState(cpctl, "away", "active 2");
        // Whoever runs it has nothing to do but say so.
        fine.run().awaitOut("active worker=w version=2 revision=2");
        assertTrue(!fine.run().out().contains("revision=3"), fine.run()::toString);

        Cpctl.Run events = cpctl.run("events", "--since", "2");
        assertTrue(events.out().contains("revision 3  retried      w 2"), events::toString);
        subscriber.awaitOut("revision 3  retried      w 2");
      }
    }
  }

  @Test
  void aRetryForOneConsumerIsTriedByThatOneAlone() throws Exception {
    try (Cluster cluster = Cluster.start()) {
      Cpctl cpctl = new Cpctl(cluster);
      Path mended = cpctl.directory().resolve("mended");
      String hook = "test -e " + mended;
      cluster.published("w", "1", bytes("one"));
      try (AgentUnderTest first = new AgentUnderTest(cpctl, "first", "--exec", hook);
          AgentUnderTest second = new AgentUnderTest(cpctl, "second", "--exec", hook)) {
        first.start();
        second.start();
        awaitState(cpctl, "first", "rejected none");
        awaitState(cpctl, "second", "rejected none");
        Files.createFile(mended);
        Cpctl.Run retry = cpctl.run("retry", "w", "1", "--consumer", "first");
        assertEquals("w 1 is tried again by first, revision 2\n", retry.out(), retry::toString);
        first.awaitActive(Map.of("w", "one"));
        awaitState(cpctl, "first", "active 1");
        // The next update is behind the retry in the log: the second has passed that one by then.
        cluster.published("x", "1", bytes("x"));
        second.awaitActive(Map.of("x", "x"));
        assertEquals("rejected none", state(cpctl, "second"));
        Cpctl.Run events = cpctl.run("events", "--since", "1");
        assertTrue(events.out().contains("for first"), events::toString);
      }
    }
  }
}
