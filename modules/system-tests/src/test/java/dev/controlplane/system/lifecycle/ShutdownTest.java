package dev.controlplane.system.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.ServerUnderTest;
import io.grpc.Status;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SIGTERM: what is in flight finishes, streams are told, and the process ends in time. */
class ShutdownTest {
  /** Promised to the operator. */
  private static final Duration END = Duration.ofSeconds(5);

  private static final byte[] CODE = new byte[8 << 20];
  private Cluster cluster;

  @BeforeEach
  void start() {
    new Random(5).nextBytes(CODE);
    cluster = Cluster.start();
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  /** Sends SIGTERM; the exit code, once the process has ended in time. */
  private static CompletableFuture<Integer> terminate(ServerUnderTest server) {
    CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> server.terminate(END));
    Await.until(
        END,
        () -> server.name() + " begins to stop: " + server.logText(),
        () -> server.logText().contains("event=stopping"));
    return exit;
  }

  private static void requireEnded(CompletableFuture<Integer> exit) throws Exception {
    int code = exit.get(END.toSeconds() + 5, TimeUnit.SECONDS);
    assertTrue(List.of(0, 143).contains(code), () -> "exit code " + code);
  }

  @Test
  void anUploadInFlightIsFinishedAndAcknowledged() throws Exception {
    byte[] code = Arrays.copyOf(CODE, 300_000);
    int half = code.length / 2;
    try (RawConnection upload = new RawConnection(cluster.uploadUrl())) {
      upload.put(cluster.versionUri("in-flight", "1"), code.length);
      upload.send(Arrays.copyOf(code, half));
      Await.until(END, () -> "the body arrives", () -> !cluster.unfinishedUploads().isEmpty());
      CompletableFuture<Integer> exit = terminate(cluster.upload());
      upload.send(Arrays.copyOfRange(code, half, code.length));
      String head = upload.head();
      assertTrue(head.startsWith("HTTP/1.1 200 "), head);
      requireEnded(exit);
    }
    HttpResponse<String> refused;
    try {
      refused = cluster.publish("late", "1", CODE);
    } catch (java.io.UncheckedIOException e) {
      assertTrue(e.getCause() instanceof ConnectException, e::toString);
      refused = null;
    }
    assertEquals(null, refused, "the server has ended");
    assertEquals(
        Cluster.sha256(code),
        Cluster.json(Cluster.get(cluster.consumerUrl() + "/file/in-flight/info"))
            .path("checksum")
            .asText());
  }

  @Test
  void anUploadThatNeverEndsDoesNotHoldTheEndAndLeavesNothing() throws Exception {
    try (RawConnection upload = new RawConnection(cluster.uploadUrl())) {
      upload.put(cluster.versionUri("never", "1"), CODE.length);
      upload.send(Arrays.copyOf(CODE, CODE.length / 2));
      Await.until(END, () -> "the body arrives", () -> !cluster.unfinishedUploads().isEmpty());
      requireEnded(terminate(cluster.upload()));
    }
    cluster.upload().launch().awaitReady();
    assertEquals(List.of(), cluster.unfinishedUploads());
    assertEquals(404, Cluster.get(cluster.consumerUrl() + "/file/never").statusCode());
  }

  @Test
  void aDownloadInFlightIsFinished() throws Exception {
    cluster.published("download", "1", CODE);
    try (RawConnection download = new RawConnection(cluster.consumerUrl())) {
      download.get(cluster.consumerUrl() + "/file/download");
      assertTrue(download.head().startsWith("HTTP/1.1 200 "));
      CompletableFuture<Integer> exit = terminate(cluster.consumer());
      byte[] body = download.body().readNBytes(CODE.length);
      assertEquals(Cluster.sha256(CODE), Cluster.sha256(body));
      requireEnded(exit);
    }
  }

  @Test
  void aDownloadThatNobodyReadsDoesNotHoldTheEnd() throws Exception {
    cluster.published("download", "1", CODE);
    try (RawConnection download = new RawConnection(cluster.consumerUrl())) {
      download.get(cluster.consumerUrl() + "/file/download");
      assertTrue(download.head().startsWith("HTTP/1.1 200 "));
      requireEnded(terminate(cluster.consumer()));
    }
  }

  @Test
  void streamsEndAsUnavailableForEveryClient() throws IOException, Exception {
    try (Follower java = Follower.subscribe(cluster, "java", update -> {});
        Run go = ForeignClient.go().subscribe(cluster, "go");
        Run python = ForeignClient.python().subscribe(cluster, "python")) {
      CompletableFuture<Integer> exit = terminate(cluster.grpc());
      assertEquals(Status.Code.UNAVAILABLE, java.end().getCode(), () -> java.end().toString());
      assertEquals("Unavailable", go.errorCode());
      assertEquals("Unavailable", python.errorCode());
      requireEnded(exit);
    }
  }

  @Test
  void aStreamThatNobodyReadsDoesNotHoldTheEnd() throws Exception {
    try (Run stalled = ForeignClient.go().start(cluster, "-window=65535", "-streams=20", "stall")) {
      stalled.next("subscribed");
      for (int version = 0; version < 4; version++) {
        cluster.published("large", "v" + version, Arrays.copyOf(CODE, 500_000 + version));
      }
      requireEnded(terminate(cluster.grpc()));
    }
  }

  @Test
  void allThatWasLearntIsWrittenAndTheDatabasesAreCheckpointedBeforeTheEnd() throws Exception {
    AtomicLong told = new AtomicLong();
    try (RawConnection upload = new RawConnection(cluster.uploadUrl());
        Follower one =
            Follower.subscribe(cluster, "one", update -> told.set(update.getRevision()));
        Follower two = Follower.subscribe(cluster, "two", update -> {})) {
      long revision = cluster.published("worker", "1", Arrays.copyOf(CODE, 1_000));
      Await.until(END, () -> "an update comes", () -> told.get() == revision);
      upload.put(cluster.versionUri("never", "1"), CODE.length);
      upload.send(Arrays.copyOf(CODE, CODE.length / 2));
      Await.until(END, () -> "the body arrives", () -> !cluster.unfinishedUploads().isEmpty());

      List<CompletableFuture<Integer>> exits =
          cluster.servers().stream().map(ShutdownTest::terminate).toList();
      for (CompletableFuture<Integer> exit : exits) {
        requireEnded(exit);
      }
      assertEquals(Status.Code.UNAVAILABLE, one.end().getCode());
      assertEquals(Status.Code.UNAVAILABLE, two.end().getCode());

      try (Stream<Path> files = Files.list(cluster.data())) {
        assertEquals(
            List.of(),
            files
                .filter(file -> file.toString().endsWith("-wal") && file.toFile().length() > 0)
                .toList(),
            "what was in the write-ahead logs is in the databases");
      }
      cluster.grpc().launch().awaitReady();
      for (String consumer : List.of("one", "two")) {
        JsonNode known =
            Cluster.json(Cluster.get(cluster.grpcHttpUrl() + "/consumers/" + consumer));
        assertEquals(revision, known.path("last_revision").asLong(), known::toString);
        assertFalse(known.path("last_seen").isNull(), known::toString);
      }
    }
  }
}
