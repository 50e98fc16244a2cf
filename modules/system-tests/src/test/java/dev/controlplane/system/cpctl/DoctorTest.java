package dev.controlplane.system.cpctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code cpctl doctor} against real servers. */
class DoctorTest {
  @Test
  void agentsThatTakeAllWorkersPassOverWhatTheDoctorPublishes() throws Exception {
    try (Cluster cluster = Cluster.start()) {
      Cpctl cpctl = new Cpctl(cluster);
      cluster.published("w", "1", "one".getBytes(StandardCharsets.UTF_8));
      try (AgentUnderTest agent = new AgentUnderTest(cpctl, "edge")) {
        agent.start().awaitActive(Map.of("w", "one"));
        Cpctl.Run doctor = cpctl.run("doctor", "--publish");
        assertEquals(0, doctor.code(), doctor::toString);
        assertTrue(doctor.out().contains("ok    publish to active"), doctor::toString);
        // The next update is behind the probe in the log: the agent has passed that one by then.
        cluster.published("x", "1", "x".getBytes(StandardCharsets.UTF_8));
        agent.awaitActive(Map.of("w", "one", "x", "x"));
        assertFalse(agent.run().out().contains("cpctl-doctor-"), agent.run()::toString);
        Cpctl.Run status = cpctl.run("status", "--consumer", "edge");
        assertFalse(status.out().contains("cpctl-doctor-"), status::toString);
      }
    }
  }
}
