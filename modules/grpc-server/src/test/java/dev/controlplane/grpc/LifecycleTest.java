package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts, ends and restarts, of this server and of the one that writes. */
@Timeout(60)
class LifecycleTest {
  @TempDir Path directory;

  @Test
  void itStartsBeforeThereIsADataDirectoryAndOutlivesTheOneWhoWrites() {
    Path data = directory.resolve("not").resolve("yet");
    try (ServerUnderTest server = ServerUnderTest.start(data, Map.of())) {
      assertFalse(Files.exists(data));
      ManagedChannel channel = server.connect();
      Status refused = Stream.begin(channel, "early").end();
      assertEquals(Status.Code.UNAVAILABLE, refused.getCode());
      assertFalse(refused.getDescription().contains(data.toString()), refused.getDescription());
      assertEquals(503, server.get("/observe/health").statusCode());
      new Writer(data).close();
      Await.until(
          Duration.ofSeconds(10),
          () -> server.get("/observe/health").body(),
          () -> server.get("/observe/health").statusCode() == 200);
      Stream stream = Stream.open(channel, "early");
      for (int restart = 0; restart < 3; restart++) {
        try (Writer writer = new Writer(data)) {
          long revision = writer.publish("w", "v" + restart, "x" + restart);
          assertEquals(revision, stream.next().getRevision());
        }
      }
      assertEquals(0, stream.waiting());
    }
  }

  @Test
  void whatWasToldOfConsumersSurvivesAKill() {
    new Writer(directory).close();
    try (ServerUnderTest server = ServerUnderTest.start(directory, Map.of())) {
      ControlPlaneGrpc.newBlockingStub(server.connect())
          .registerConsumer(
              RegisterRequest.newBuilder()
                  .setConsumerId("durable")
                  .setEndpoint("http://here")
                  .build());
    }
    try (ServerUnderTest server = ServerUnderTest.start(directory, Map.of())) {
      String listed = server.get("/consumers").body();
      assertTrue(
          listed.contains(
              "{\"consumer_id\":\"durable\",\"endpoint\":\"http://here\",\"connected\":false,"
                  + "\"streams\":0,"),
          listed);
    }
  }

  @Test
  void sigtermEndsEveryStreamWithUnavailableAndTheProcessWithinFiveSeconds() throws Exception {
    try (Writer writer = new Writer(directory);
        ServerUnderTest server = ServerUnderTest.start(directory, Map.of())) {
      List<Stream> streams = new ArrayList<>();
      for (int connection = 0; connection < 5; connection++) {
        ManagedChannel channel = server.connect();
        for (int i = 0; i < 100; i++) {
          streams.add(Stream.begin(channel, "c" + connection + "-" + i));
        }
      }
      streams.forEach(Stream::awaitHeaders);
      Stream deaf = Stream.neverReading(server.connect(), "deaf");
      for (int i = 0; i < 4; i++) {
        writer.publish("w", "v" + i, new byte[500_000 + i]);
      }
      int exit = server.terminate(Duration.ofSeconds(5));
      assertTrue(exit == 0 || exit == 143, "exit code " + exit);
      for (Stream stream : streams) {
        assertEquals(Status.Code.UNAVAILABLE, stream.end().getCode(), stream.end().toString());
      }
      deaf.read(100);
      assertEquals(Status.Code.UNAVAILABLE, deaf.end().getCode());
      server.awaitOutputEnd();
      assertTrue(server.lines().getLast().contains("event=stopped"), server.lines().getLast());
    }
  }

  @Test
  void aTakenPortIsOneClearLineAndExitCodeOne() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerUnderTest server =
            ServerUnderTest.launch(
                directory, Map.of("GRPC_PORT", String.valueOf(taken.getLocalPort())))) {
      assertTrue(server.process().waitFor(30, TimeUnit.SECONDS));
      assertEquals(1, server.process().exitValue());
      server.awaitOutputEnd();
      assertEquals(1, server.lines().size(), server.lines().toString());
      assertTrue(server.lines().getFirst().contains("GRPC_PORT"), server.lines().toString());
    }
  }

  @Test
  void aSettingOutOfItsRangeIsOneClearLineAndExitCodeOne() throws Exception {
    try (ServerUnderTest server =
        ServerUnderTest.launch(directory, Map.of("GRPC_MAX_STREAMS", "0"))) {
      assertTrue(server.process().waitFor(30, TimeUnit.SECONDS));
      assertEquals(1, server.process().exitValue());
      server.awaitOutputEnd();
      assertEquals(1, server.lines().size(), server.lines().toString());
      assertTrue(
          server.lines().getFirst().contains("GRPC_MAX_STREAMS is \\\"0\\\""),
          server.lines().toString());
    }
  }

  @Test
  void aLagThatTheLogDoesNotReachBackToIsOneClearLineAndExitCodeOne() throws Exception {
    try (ServerUnderTest server =
        ServerUnderTest.launch(directory, Map.of("MAX_LAG", "51", "LOG_RETENTION_COUNT", "50"))) {
      assertTrue(server.process().waitFor(30, TimeUnit.SECONDS));
      assertEquals(1, server.process().exitValue());
      server.awaitOutputEnd();
      assertEquals(1, server.lines().size(), server.lines().toString());
      assertTrue(
          server.lines().getFirst().contains("MAX_LAG is 51, above LOG_RETENTION_COUNT (50)"),
          server.lines().toString());
    }
    for (Map<String, String> well :
        List.of(
            Map.of("MAX_LAG", "50", "LOG_RETENTION_COUNT", "50"),
            Map.of("MAX_LAG", "51", "LOG_RETENTION_COUNT", "0"),
            Map.of("LOG_RETENTION_COUNT", "50"))) {
      ServerUnderTest.start(directory, well).close();
    }
  }

  @Test
  void roomForLessThanOneRequestIsOneClearLineAndExitCodeOne() throws Exception {
    for (Map<String, String> bad :
        List.of(
            Map.of("MAX_REQUEST_BYTES", "2048", "INBOUND_BYTES_PER_CONNECTION", "2047"),
            Map.of("INBOUND_BYTES_PER_CONNECTION", "5000000", "INBOUND_BYTES", "4999999"))) {
      try (ServerUnderTest server = ServerUnderTest.launch(directory, bad)) {
        assertTrue(server.process().waitFor(30, TimeUnit.SECONDS));
        assertEquals(1, server.process().exitValue());
        server.awaitOutputEnd();
        assertEquals(1, server.lines().size(), server.lines().toString());
        assertTrue(
            server.lines().getFirst().contains("each at least as large as the one before"),
            server.lines().toString());
      }
    }
    try (ServerUnderTest server =
        ServerUnderTest.start(
            directory,
            Map.of(
                "MAX_REQUEST_BYTES", "2048",
                "INBOUND_BYTES_PER_CONNECTION", "2048",
                "INBOUND_BYTES", "2048"))) {
      String metrics = server.get("/observe/metrics").body();
      assertTrue(metrics.contains("controlplane_inbound_bytes"), metrics);
      assertTrue(metrics.contains("controlplane_inbound_refused"), metrics);
    }
  }

  @Test
  void withoutACatalogEveryPathOfTheHttpApiIsUnavailableAndMetricsAreReadAllTheSame()
      throws Exception {
    try (Writer writer = new Writer(directory)) {
      writer.publish("w", "1", "x");
    }
    Path catalog = directory.resolve("catalog.db");
    try (ServerUnderTest server = ServerUnderTest.start(directory, Map.of())) {
      assertEquals(200, server.get("/consumers").statusCode());
      Path aside = directory.resolve("aside.db");
      Files.move(catalog, aside);
      Await.until(
          Duration.ofSeconds(20),
          () -> server.get("/updates").body(),
          () -> server.get("/updates").statusCode() == 503);
      for (HttpResponse<String> answer :
          List.of(
              server.get("/consumers"),
              server.get("/consumers/c"),
              server.delete("/consumers/c"),
              server.get("/workers/w/consumers"),
              server.get("/updates"),
              server.post("/internal/broadcast", "{\"revision\":1}"))) {
        assertEquals(503, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("\"storage_unavailable\""), answer.body());
        assertEquals("1", answer.headers().firstValue("Retry-After").orElse(null));
        assertFalse(answer.body().contains(directory.toString()), answer.body());
      }
      assertEquals(200, server.get("/health").statusCode());
      assertEquals(0, server.metric("controlplane_tail_lag"));
      Files.move(aside, catalog);
      Await.until(
          Duration.ofSeconds(20),
          () -> server.get("/consumers").body(),
          () -> server.get("/consumers").statusCode() == 200);
    }
  }
}
