package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.faults.Shortage;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A server that a plain {@code java -jar} runs, without {@code -XX:+ExitOnOutOfMemoryError}, ends
 * when it is out of memory: with one line, and with an exit status that a supervisor restarts.
 */
class OutOfMemoryTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int EXIT_STATUS = 3;

  private static Cluster cluster;
  private static AgentJar agent;

  @BeforeAll
  static void startServers() throws Exception {
    cluster = Cluster.start();
    agent = AgentJar.pack(Files.createDirectories(Path.of("target")).toAbsolutePath());
    cluster.published("w", "1", AgentUnderTest.bytes("one"));
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({
    "upload-server,   OF_A_HANDLER",
    "upload-server,   OF_A_REQUEST",
    "upload-server,   OF_A_CONNECTION",
    "upload-server,   OF_A_COMMIT",
    "consumer-server, OF_A_HANDLER",
    "grpc-server,     OF_A_HANDLER",
    "grpc-server,     OF_A_STREAM"
  })
  void aServerThatIsOutOfMemoryEndsWithOneLine(String name, Shortage shortage) {
    ServerUnderTest server = cluster.server(name);
    server.clear();
    server.faults(agent.jvmOption(shortage.options())).launch();
    server.awaitReadyOrEnd();
    use(name);

    assertEquals(EXIT_STATUS, server.awaitEnd(LIMIT), server::logText);
    List<String> errors =
        server.logText().lines().filter(line -> line.contains("level=error")).toList();
    assertEquals(1, errors.size(), server::logText);
    assertTrue(errors.getFirst().contains("event=out-of-memory"), server::logText);
    assertTrue(errors.getFirst().contains("remedy="), server::logText);

    server.faults().launch().awaitReady();
  }

  /** Something that comes by at the shortage; nobody may be there to answer it. */
  private static void use(String name) {
    try {
      switch (name) {
        case "upload-server" -> cluster.publish("w", "2", AgentUnderTest.bytes("two"));
        case "consumer-server" -> Cluster.get(cluster.consumerUrl() + "/file/w");
        default -> {
          subscribe();
          Cluster.get(cluster.grpcHttpUrl() + "/consumers");
        }
      }
    } catch (UncheckedIOException e) {
      return; // The server has ended.
    }
  }

  private static void subscribe() {
    ManagedChannel channel = cluster.channel();
    try {
      SubscribeRequest request =
          SubscribeRequest.newBuilder().setConsumerId("edge").setSnapshot(true).build();
      ControlPlaneGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(LIMIT)
          .subscribeWorkerUpdates(request)
          .next();
    } catch (StatusRuntimeException e) {
      return; // The server has ended.
    } finally {
      channel.shutdownNow();
    }
  }
}
