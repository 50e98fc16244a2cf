package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.RawConnection;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to consumer-server, which speaks two protocols, that don't say which. */
class SilentConnectionTest {
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        Cluster.builder()
            .with("IDLE_TIMEOUT", "PT3S")
            .with("REQUEST_HEAD_TIMEOUT", "PT0.5S")
            .start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @ParameterizedTest(name = "that has said \"{0}\"")
  @ValueSource(strings = {"", "PRI * HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"})
  void aConnectionThatSaysNothingIsClosed(String begin) throws IOException {
    try (RawConnection silent = new RawConnection(cluster.consumerUrl())) {
      silent.send(begin);
      silent.body().readAllBytes();
    }
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(strings = {"P", "PR", "GET /health HTTP/1.1\r\nHo"})
  void aRequestThatStopsInItsHeadIsAnsweredWith408(String begin) throws IOException {
    try (RawConnection slow = new RawConnection(cluster.consumerUrl())) {
      slow.send(begin);
      String head = slow.head();
      assertTrue(head.startsWith("HTTP/1.1 408 "), head);
    }
  }
}
