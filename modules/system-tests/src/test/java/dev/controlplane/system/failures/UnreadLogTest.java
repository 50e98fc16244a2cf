package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server whose standard error is a pipe that nobody reads. */
class UnreadLogTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Each leaves a line of at least 2 KB: in all more than a pipe and the server keep. */
  private static final int LINES = 800;

  private static final String LONG = "x".repeat(2_000);

  private static final String DROPPED = "controlplane_log_lines_dropped_total";

  private Cluster cluster;
  private ServerUnderTest server;

  @BeforeEach
  void start() {
    cluster = Cluster.start();
    server = cluster.upload();
    server.terminate(LIMIT);
    server.unread().launch();
    Await.until(LIMIT, () -> "upload-server answers", this::answers);
    for (int i = 0; i < LINES; i++) {
      assertEquals(400, rejected().statusCode());
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private boolean answers() {
    try {
      return Cluster.get(cluster.uploadUrl() + "/health").statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private HttpResponse<String> rejected() {
    return Cluster.send(
        HttpRequest.newBuilder(URI.create(cluster.uploadUrl() + "/workers/w/versions/" + LONG))
            .PUT(BodyPublishers.ofString("x")));
  }

  @Test
  void itWorksOnCountsTheLinesThatItDropsAndSaysSoWhenItIsReadAgain() throws Exception {
    assertTrue(cluster.published("w", "1", AgentUnderTest.bytes("one")) > 0);
    List<String> counted =
        Cluster.get(cluster.uploadUrl() + "/observe/metrics")
            .body()
            .lines()
            .filter(line -> line.startsWith(DROPPED))
            .toList();
    assertEquals(1, counted.size(), counted::toString);
    assertTrue(!counted.getFirst().endsWith(" 0.0"), counted::toString);
    CompletableFuture<String> rest = CompletableFuture.supplyAsync(server::rest);
    // It is read now, so the next line goes out, and the one that tells of the others.
    rejected();
    server.terminate(LIMIT);
    String text = rest.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertTrue(text.contains("event=log-lines-dropped lines="), () -> end(text));
    assertTrue(text.contains("event=stopped"), () -> end(text));
  }

  @Test
  void itEndsOnSigterm() {
    int code = server.terminate(LIMIT);
    assertTrue(List.of(0, 143).contains(code), () -> "exit code " + code);
  }

  private static String end(String text) {
    return text.substring(Math.max(0, text.length() - 1000));
  }
}
