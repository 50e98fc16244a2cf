package dev.controlplane.system.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An agent among locales, signals, probes, and as process 1. */
class AgentLifeTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Cluster cluster;
  private static Cpctl cpctl;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.start();
    cpctl = new Cpctl(cluster);
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  private static AgentUnderTest agent(Cpctl by, String id, String... options) {
    return new AgentUnderTest(by, id, options).start();
  }

  private static void awaitFile(Path file, AgentUnderTest agent) {
    Await.until(LIMIT, () -> file + " of " + agent.run(), () -> Files.exists(file));
  }

  @Test
  void aNameThatTheLocaleCannotHoldIsRejectedAndTheOthersGoOn() {
    cluster.published("名前", "1", AgentUnderTest.bytes("named"));
    cluster.published("plain", "1", AgentUnderTest.bytes("one"));
    Cpctl ascii = new Cpctl(cluster).with("LC_ALL", "C");
    try (AgentUnderTest agent = agent(ascii, "ascii")) {
      agent.run().awaitOut("rejected worker=名前 version=1");
      agent.run().awaitOut("code=invalid_name");
      assertTrue(agent.run().out().contains("LC_ALL=C.UTF-8"), agent.run()::toString);
      cluster.published("plain", "2", AgentUnderTest.bytes("two"));
      Await.until(
          LIMIT,
          () -> "plain is two; " + agent.run(),
          () -> "two".equals(agent.active().get("plain")));
    }
  }

  @Test
  void aVersionWhoseHookWasStoppedWithTheAgentIsTriedAgain() throws Exception {
    cluster.published("hooked", "1", AgentUnderTest.bytes("one"));
    Path pid = cpctl.directory().resolve("hook.pid");
    String hook =
        "echo $$ > '" + pid + ".part' && mv '" + pid + ".part' '" + pid + "'; exec sleep 600";
    try (AgentUnderTest agent = agent(cpctl, "stopped", "--worker", "hooked", "--exec", hook)) {
      awaitFile(pid, agent);
      agent.run().process().destroy();
      assertEquals(143, agent.run().awaitEnd().code(), agent.run()::toString);
      agent.mustNotTell("rejected", "active");
      long hookPid = Long.parseLong(Files.readString(pid).strip());
      Await.until(
          LIMIT,
          () -> "the hook has ended with its agent",
          () -> ProcessHandle.of(hookPid).filter(ProcessHandle::isAlive).isEmpty());
    }
    try (AgentUnderTest agent = agent(cpctl, "stopped", "--worker", "hooked", "--exec", "true")) {
      agent.awaitActive(Map.of("hooked", "one"));
      agent.mustNotTell("rejected");
    }
  }

  private static JsonNode status(Path directory) throws IOException {
    Cpctl.Run run = cpctl.run("agent", "--dir", directory.toString(), "--status", "--json");
    assertEquals(0, run.code(), run::toString);
    return new ObjectMapper().readTree(run.out());
  }

  private static int probe(Path directory, String maxStaleness) {
    return cpctl
        .run("agent", "--dir", directory.toString(), "--status", "--max-staleness", maxStaleness)
        .code();
  }

  @Test
  void theStatusTellsAProbeHowTheAgentFares() throws Exception {
    cluster.published("good", "1", AgentUnderTest.bytes("good"));
    cluster.published("bad", "1", AgentUnderTest.bytes("bad"));
    String hook = "test \"$CPCTL_WORKER\" != bad";
    Path directory;
    try (AgentUnderTest agent =
        agent(cpctl, "probed", "--worker=good", "--worker=bad", "--exec", hook)) {
      directory = agent.directory();
      agent.run().awaitOut("synced");
      Await.until(LIMIT, () -> "fresh; " + agent.run(), () -> probe(directory, "10m") == 0);
      JsonNode status = status(directory);
      assertTrue(status.path("running").asBoolean(), status::toString);
      assertTrue(status.path("connected").asBoolean(), status::toString);
      assertEquals("probed", status.path("consumer_id").asText());
      assertFalse(status.path("position").asText("").isEmpty(), status::toString);
      assertTrue(status.path("staleness_seconds").isIntegralNumber(), status::toString);
      assertEquals("good", status.at("/active/0/worker_name").asText(), status::toString);
      assertEquals("bad", status.at("/rejected/0/worker_name").asText(), status::toString);
      assertEquals("1", status.at("/rejected/0/code").asText(), status::toString);
      assertTrue(status.path("withheld").isEmpty(), status::toString);

      agent.kill();
      assertEquals(1, probe(directory, "10m"));
      assertFalse(status(directory).path("running").asBoolean());
    }
    // Something that takes the call and sends nothing is no sign of life, and no news each time.
    try (GrpcProxy proxy = new GrpcProxy(cluster.grpcPort(), GrpcProxy.NO_MESSAGES);
        AgentUnderTest agent =
            agent(cpctl, "probed", "--grpc", proxy.address(), "--silence", "1s")) {
      Await.until(LIMIT, () -> "3 calls of " + agent.run(), () -> proxy.calls() > 3);
      assertEquals(1, probe(directory, "2s"), agent.run()::toString);
      JsonNode status = status(directory);
      assertTrue(status.path("running").asBoolean(), status::toString);
      assertTrue(status.path("staleness_seconds").asLong() >= 3, status::toString);
      List<String> problems =
          agent
              .run()
              .out()
              .lines()
              .filter(line -> line.startsWith("disconnected"))
              .map(line -> line.substring(0, line.indexOf("; trying again")))
              .toList();
      assertFalse(problems.isEmpty(), agent.run()::toString);
      assertEquals(List.copyOf(new TreeSet<>(problems)), problems.stream().sorted().toList());
    }
  }

  private static boolean isZombie(ProcessHandle process) {
    try {
      String stat =
          Files.readString(
              Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
      return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
    } catch (IOException e) {
      return false;
    }
  }

  private static long zombies(AgentUnderTest agent) {
    return agent.run().process().descendants().filter(AgentLifeTest::isZombie).count();
  }

  @Test
  void asProcess1ItReapsWhatItsHooksLeaveBehind() throws Exception {
    String[] container = {"unshare", "--fork", "--kill-child", "--pid", "--mount-proc"};
    Cpctl inside = new Cpctl(cluster).by(container);
    Cpctl.Run version = inside.run("--version");
    assertEquals(
        0,
        version.code(),
        () -> "unshare --pid needs root, or unprivileged user namespaces: " + version);
    cluster.published("orphans", "1", AgentUnderTest.bytes("one"));
    Path gone = cpctl.directory().resolve("gone");
    // The child outlives the hook and is process 1's from then on.
    String hook = "(sleep 1; touch '" + gone + "') >/dev/null 2>&1 &";
    try (AgentUnderTest agent = agent(inside, "init", "--worker", "orphans", "--exec", hook)) {
      agent.awaitActive(Map.of("orphans", "one"));
      awaitFile(gone, agent);
      Await.until(LIMIT, () -> "a zombie of " + agent.run(), () -> zombies(agent) > 0);
      Await.until(LIMIT, () -> "no zombie of " + agent.run(), () -> zombies(agent) == 0);
      // Its own commands still have exit codes.
      cluster.published("orphans", "2", AgentUnderTest.bytes("two"));
      agent.awaitActive(Map.of("orphans", "two"));
    }
  }
}
