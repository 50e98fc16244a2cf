package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that don't read, don't send, or go away in between; none harms another. */
class StuckClientsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** More than the queues and windows of one stream hold. */
  private static final int UPDATES = 600;

  private static final int UPDATE_SIZE = 40_000;
  private static final byte[] CODE = new byte[32 << 20];
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    new Random(11).nextBytes(CODE);
    cluster = Cluster.builder().with("UPLOAD_IDLE_TIMEOUT", "PT1S").start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void downloadsThatNobodyReadsDoNotHoldUpOthers() throws Exception {
    cluster.published("unread", "1", CODE);
    String url = cluster.consumerUrl() + "/file/unread";
    List<RawConnection> stuck = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        RawConnection connection = new RawConnection(url, 4 << 10);
        stuck.add(connection.get(url));
        assertTrue(connection.head().startsWith("HTTP/1.1 200 "));
      }
      HttpResponse<byte[]> served =
          Cluster.HTTP.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT).build(),
              BodyHandlers.ofByteArray());
      assertEquals(Cluster.sha256(CODE), Cluster.sha256(served.body()));
      assertEquals(200, Cluster.get(cluster.consumerUrl() + "/health").statusCode());
      // One that reads after all gets the rest.
      byte[] late = stuck.getFirst().body().readNBytes(CODE.length);
      assertEquals(Cluster.sha256(CODE), Cluster.sha256(late));
    } finally {
      stuck.forEach(RawConnection::close);
    }
  }

  @Test
  void streamsThatNobodyReadsDoNotHoldUpOthers() {
    String[] stall = {"-timeout=120s", "-window=65535", "-connections=5", "-streams=4", "stall"};
    try (Run stuck = ForeignClient.go().start(cluster, stall);
        Follower healthy = Follower.subscribe(cluster, "healthy", update -> {})) {
      stuck.next("subscribed");
      long last = publishMany("stuck");
      Await.until(
          LIMIT,
          () -> "a healthy stream has revision " + last + "; it has " + healthy.last(),
          () -> healthy.last() == last);
      assertEquals("", healthy.gap());
      assertTrue(healthy.open());
      assertTrue(stuck.alive());
    }
  }

  @Test
  void aClientThatStoodStillGetsEveryUpdateWhenItGoesOn() {
    try (Run go = ForeignClient.go().subscribe(cluster, "stopped-go");
        Run python = ForeignClient.python().subscribe(cluster, "stopped-python")) {
      for (Run client : List.of(go, python)) {
        signal("STOP", client);
      }
      long last = publishMany("stood-still");
      for (Run client : List.of(go, python)) {
        signal("CONT", client);
        requireWithoutGap(client.updatesTo(last));
      }
    }
  }

  private static void requireWithoutGap(List<JsonNode> updates) {
    assertTrue(updates.size() >= UPDATES, () -> updates.size() + " updates");
    for (int i = 1; i < updates.size(); i++) {
      assertEquals(
          updates.get(i - 1).path("revision").asLong() + 1,
          updates.get(i).path("revision").asLong());
    }
  }

  private static void signal(String signal, Run client) {
    Tools.run("kill", "-" + signal, String.valueOf(client.pid())).mustSucceed();
  }

  private static long publishMany(String worker) {
    long last = 0;
    for (int i = 0; i < UPDATES; i++) {
      byte[] code = Arrays.copyOfRange(CODE, i, i + UPDATE_SIZE);
      last = cluster.published(worker, "v" + i, code);
    }
    return last;
  }

  @Test
  void aBodyThatIsNeverSentIsAnsweredWith408() throws IOException {
    try (RawConnection silent = new RawConnection(cluster.uploadUrl())) {
      silent.put(cluster.versionUri("silent", "1"), 1_000_000);
      requireTimeout(silent);
    }
  }

  @Test
  void aBodyThatStopsHalfWayIsAnsweredWith408AndLeavesNothing() throws IOException {
    try (RawConnection slow = new RawConnection(cluster.uploadUrl())) {
      slow.put(cluster.versionUri("slow", "1"), 1_000_000);
      slow.send(new byte[400_000]);
      requireTimeout(slow);
    }
    try (RawConnection slow = new RawConnection(cluster.uploadUrl())) {
      slow.send(
          """
          POST /upload HTTP/1.1\r
          Host: localhost\r
          Content-Type: multipart/form-data; boundary=edge\r
          Content-Length: 1000000\r
          \r
          --edge\r
          Content-Disposition: form-data; name="file"; filename="f"\r
          \r
          the beginning\
          """);
      requireTimeout(slow);
    }
  }

  private static void requireTimeout(RawConnection connection) throws IOException {
    String head = connection.head();
    assertTrue(head.startsWith("HTTP/1.1 408 "), head);
    assertTrue(head.toLowerCase(java.util.Locale.ROOT).contains("application/json"), head);
    Await.until(
        LIMIT,
        () -> "nothing is left of it: " + cluster.unfinishedUploads(),
        () -> cluster.unfinishedUploads().isEmpty());
  }

  @Test
  void aBodyThatIsCutOffLeavesNothing() throws IOException {
    try (RawConnection cut = new RawConnection(cluster.uploadUrl())) {
      cut.put(cluster.versionUri("cut", "1"), 1_000_000);
      cut.send(new byte[400_000]);
      Await.until(LIMIT, () -> "the body arrives", () -> !cluster.unfinishedUploads().isEmpty());
    }
    Await.until(
        LIMIT,
        () -> "nothing is left of it: " + cluster.unfinishedUploads(),
        () -> cluster.unfinishedUploads().isEmpty());
    assertEquals(404, Cluster.get(cluster.consumerUrl() + "/file/cut").statusCode());
  }
}
