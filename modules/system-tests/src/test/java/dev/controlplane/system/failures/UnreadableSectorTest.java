package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A sector of the disk that can't be read is damage to the blob that lies there, and to no other:
 * strace makes every read of the blob's file fail with EIO, in the real servers.
 */
class UnreadableSectorTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Cluster cluster;
  private static byte[] bytes;
  private static Path file;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.start();
    bytes = new byte[200_000];
    new Random(1).nextBytes(bytes);
    cluster.published("damaged", "1", bytes);
    cluster.published("whole", "1", AgentUnderTest.bytes("whole"));
    String digest = Cluster.sha256(bytes);
    file = cluster.data().resolve("blobs/sha256/" + digest.substring(0, 2)).resolve(digest);
    assertTrue(Files.exists(file), file::toString);
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  @Test
  void consumerServerAnswersThatTheBundleIsDamagedAndCountsIt() throws Exception {
    ServerUnderTest server = withUnreadable(cluster.consumer());
    HttpResponse<String> answer = Cluster.get(cluster.consumerUrl() + "/file/damaged");
    assertEquals(503, answer.statusCode(), answer::body);
    assertEquals("damaged", Cluster.json(answer).path("error").asText(), answer::body);
    assertFalse(answer.body().contains(file.getParent().toString()), answer::body);
    assertEquals("whole", Cluster.get(cluster.consumerUrl() + "/file/whole").body());
    String metrics = Cluster.get(cluster.consumerUrl() + "/observe/metrics").body();
    assertTrue(
        metrics
            .lines()
            .anyMatch(line -> line.matches("controlplane_damaged_downloads_total.* 1.0")),
        () -> metrics);
    readable(server);
    HttpRequest again =
        HttpRequest.newBuilder(URI.create(cluster.consumerUrl() + "/file/damaged")).build();
    assertArrayEquals(bytes, Cluster.HTTP.send(again, BodyHandlers.ofByteArray()).body());
  }

  @Test
  void aStreamBringsTheUpdateWithoutTheCodeThatCannotBeReadAndGoesOn() {
    ServerUnderTest server = withUnreadable(cluster.grpc());
    assertEquals(0, code("damaged"));
    assertEquals(5, code("whole"));
    readable(server);
    assertEquals(bytes.length, code("damaged"));
  }

  @Test
  void theSameBytesAgainHealIt() throws IOException {
    Object before = Files.getAttribute(file, "unix:ino");
    ServerUnderTest server = withUnreadable(cluster.upload());
    cluster.published("damaged", "1", bytes);
    assertNotEquals(before, Files.getAttribute(file, "unix:ino"));
    readable(server);
    assertArrayEquals(bytes, Files.readAllBytes(file));
  }

  private static ServerUnderTest withUnreadable(ServerUnderTest server) {
    server.terminate(LIMIT);
    return server
        .commandPrefix(
            List.of(
                "strace",
                // The server keeps the pid of the process that is started.
                "-D",
                "-f",
                "--seccomp-bpf",
                "-o",
                "/dev/null",
                "-P",
                file.toString(),
                "-e",
                "trace=pread64,read",
                "-e",
                "inject=pread64,read:error=EIO"))
        .launch()
        .awaitReady();
  }

  private static void readable(ServerUnderTest server) {
    server.terminate(LIMIT);
    server.commandPrefix(List.of()).launch().awaitReady();
  }

  /** Bytes of code that a stream brings for a worker. */
  private static int code(String worker) {
    ManagedChannel channel = cluster.channel();
    try {
      Iterator<WorkerUpdate> stream =
          ControlPlaneGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(LIMIT)
              .subscribeWorkerUpdates(
                  SubscribeRequest.newBuilder()
                      .setConsumerId("edge")
                      .addWorkerNames(worker)
                      .setSnapshot(true)
                      .build());
      WorkerUpdate update = stream.next();
      while (update.getKind() != UpdateKind.PUBLISHED) {
        update = stream.next();
      }
      return update.getWorkerCode().size();
    } finally {
      channel.shutdownNow();
    }
  }
}
