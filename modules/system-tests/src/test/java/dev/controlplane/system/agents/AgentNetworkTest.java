package dev.controlplane.system.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
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
 * Whatever is in the way between an agent and the servers, the agent waits, says why once, and goes
 * on when the way is free.
 */
class AgentNetworkTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Map<String, String> ACTIVE = Map.of("w", "one");

  private static Cluster cluster;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.builder().with("BOOKMARK_INTERVAL", "PT0.2S").start();
    cluster.published("w", "1", AgentUnderTest.bytes("one"));
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  private static AgentUnderTest agent(Cpctl cpctl, String id, String... options) {
    return new AgentUnderTest(cpctl, id, options).start();
  }

  /** The lines that tell of a problem. */
  private static List<String> told(AgentUnderTest agent) {
    return agent.run().out().lines().filter(line -> line.startsWith("disconnected")).toList();
  }

  private static void awaitCalls(GrpcProxy proxy, int calls, AgentUnderTest agent) {
    Await.until(
        LIMIT,
        () -> calls + " calls and not " + proxy.calls() + " of " + agent.run(),
        () -> proxy.calls() >= calls);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 502})
  void aProxyThatRefusesTheSubscriptionIsToldOnceAndWaitedFor(int status) {
    try (GrpcProxy proxy = new GrpcProxy(cluster.grpcPort(), status);
        AgentUnderTest agent =
            agent(new Cpctl(cluster), "refused-" + status, "--grpc", proxy.address())) {
      awaitCalls(proxy, 4, agent);
      proxy.letThrough();
      agent.awaitActive(ACTIVE);
      assertEquals(1, told(agent).size(), agent.run()::toString);
      assertTrue(told(agent).getFirst().contains("HTTP status " + status), agent.run()::toString);
      agent.mustNotTell("rejected", "unreported");
    }
  }

  @Test
  void aServerThatAnswersPingsAndNeverTheCallIsToldOnceAndWaitedFor() {
    try (GrpcProxy proxy = new GrpcProxy(cluster.grpcPort(), GrpcProxy.SILENT);
        AgentUnderTest agent =
            agent(new Cpctl(cluster), "unanswered", "--grpc", proxy.address(), "--silence", "1s")) {
      awaitCalls(proxy, 3, agent);
      proxy.letThrough();
      agent.awaitActive(ACTIVE);
      // The machine may be so slow that a stream that is answered falls silent, too.
      assertEquals(
          1,
          told(agent).stream()
              .filter(line -> line.contains("the call was not answered for 1.0 s"))
              .count(),
          agent.run()::toString);
    }
  }

  @Test
  void aNameThatDoesNotResolveIsToldOnceAndWaitedFor() throws Exception {
    Path hosts = Files.createTempFile(cluster.root(), "hosts", "");
    Cpctl cpctl = new Cpctl(cluster, "-Djdk.net.hosts.file=" + hosts);
    String address = "hub.example:" + cluster.grpcPort();
    try (AgentUnderTest agent = agent(cpctl, "unresolved", "--grpc", address)) {
      agent.run().awaitOut("disconnected");
      assertTrue(told(agent).getFirst().contains("unknown host"), agent.run()::toString);
      Files.writeString(hosts, "127.0.0.1 hub.example\n");
      agent.awaitActive(ACTIVE);
      assertEquals(1, told(agent).size(), agent.run()::toString);
    }
  }

  @Test
  void aCertificateThatHasExpiredIsToldOnceAndWaitedFor() throws Exception {
    Path directory = Files.createTempDirectory(cluster.root(), "tls-");
    try (TlsProxy proxy = new TlsProxy(directory, cluster.grpcPort());
        AgentUnderTest agent =
            agent(new Cpctl(cluster, proxy.trust()), "expired", "--grpc", proxy.address())) {
      agent.run().awaitOut("disconnected");
      String problem = "TLS: the server's certificate has expired";
      assertTrue(told(agent).getFirst().contains(problem), agent.run()::toString);
      proxy.renew();
      agent.awaitActive(ACTIVE);
      assertEquals(1, told(agent).size(), agent.run()::toString);
    }
  }
}
