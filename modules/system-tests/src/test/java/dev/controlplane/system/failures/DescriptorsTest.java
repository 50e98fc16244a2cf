package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.guarantees.Descriptors;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Health;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server whose file descriptors run out goes on as soon as it gets some again. */
class DescriptorsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String TROUBLE = "cannot accept a connection";

  private static Cluster cluster;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.start();
    cluster.published("w", "1", AgentUnderTest.bytes("one"));
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({
    "upload-server,   http",
    "consumer-server, http",
    "grpc-server,     http",
    "grpc-server,     grpc"
  })
  void aListenerWaitsForFileDescriptorsAndAcceptsThen(String name, String socket)
      throws IOException {
    ServerUnderTest server = restarted(name);
    String expected = socket.equals("grpc") ? "HTTP/1.1 505 " : "HTTP/1.1 200 ";
    try (RawConnection waiting = connectedWithoutDescriptors(server, url(name, socket))) {
      String head = waiting.head();
      assertTrue(head.startsWith(expected), () -> "got \"" + head + "\": " + server.logText());
    }
    try (RawConnection later = new RawConnection(url(name, socket))) {
      later.get(url(name, socket) + "/health");
      assertTrue(later.head().startsWith(expected), server::logText);
    }
    Await.until(
        LIMIT,
        () -> name + " tells the end of it: " + server.logText(),
        () -> server.logText().contains("accepts connections again"));
    Health.awaitUp(url(name, "http"));
    assertTrue(server.alive(), server::logText);
    List<String> said = server.logText().lines().filter(line -> line.contains(TROUBLE)).toList();
    assertEquals(1, said.size(), server::logText);
    assertTrue(said.getFirst().contains("raise the limit of open files"), said::toString);
  }

  private static ServerUnderTest restarted(String name) {
    ServerUnderTest server = cluster.server(name);
    server.clear();
    server.launch().awaitReady().awaitRecording();
    return server;
  }

  private static String url(String name, String socket) {
    return socket.equals("grpc")
        ? "http://127.0.0.1:" + cluster.grpcPort()
        : switch (name) {
          case "upload-server" -> cluster.uploadUrl();
          case "consumer-server" -> cluster.consumerUrl();
          default -> cluster.grpcHttpUrl();
        };
  }

  /**
   * A connection with a request on it that came while the server had no file descriptors. It is the
   * first of the server's life, which finds nothing prepared.
   */
  private static RawConnection connectedWithoutDescriptors(ServerUnderTest server, String url)
      throws IOException {
    try (Descriptors _ = Descriptors.exhausted(server.pid())) {
      RawConnection waiting = new RawConnection(url);
      waiting.get(url + "/health");
      Await.until(
          LIMIT,
          () -> server.name() + " tells that it can't accept: " + server.logText(),
          () -> server.logText().contains(TROUBLE));
      return waiting;
    }
  }
}
