package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.Ports;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The announcement is a hint: losing it costs time, never an update, and never an upload. */
class AnnouncementTest {
  private static final byte[] CODE = "export default {}".getBytes(StandardCharsets.UTF_8);

  /** Promised: by the poll, within 5 s. */
  private static final long POLL_SECONDS = 5;

  private final BlockingQueue<WorkerUpdate> updates = new LinkedBlockingQueue<>();

  private void requireUpdate(long revision) throws InterruptedException {
    WorkerUpdate update = updates.poll(POLL_SECONDS, TimeUnit.SECONDS);
    assertNotNull(update, "no update within " + POLL_SECONDS + " s");
    assertEquals(revision, update.getRevision());
  }

  @Test
  void anUploadDoesNotWaitForAGrpcServerThatNeverAnswers() throws Exception {
    try (ServerSocket hole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Cluster cluster =
            Cluster.builder()
                .with("GRPC_SERVER_URL", "http://127.0.0.1:" + hole.getLocalPort())
                .with("ANNOUNCE_TIMEOUT", "PT60S")
                .start();
        Follower follower = Follower.subscribe(cluster, "polling", updates::add)) {
      long revision = cluster.published("worker", "1", CODE);
      // Answered, though the announcement is on its way and nobody will ever answer it.
      hole.setSoTimeout(30_000);
      try (Socket announcement = hole.accept()) {
        for (int version = 2; version <= 20; version++) {
          cluster.published("worker", String.valueOf(version), CODE);
        }
        requireUpdate(revision);
        assertTrue(announcement.isConnected());
      }
      assertEquals(revision, follower.first());
    }
  }

  @Test
  void anUploadSucceedsWhileGrpcServerIsDownAndItServesOnAfterItsStart() throws Exception {
    try (Cluster cluster = Cluster.start()) {
      long before = cluster.published("worker", "1", CODE);
      cluster.grpc().killHard();
      long down = cluster.published("worker", "2", CODE);
      assertEquals(before + 1, down);
      cluster.grpc().launch().awaitReady();
      try (Follower follower = Follower.subscribe(cluster, "after", updates::add)) {
        long after = cluster.published("worker", "3", CODE);
        requireUpdate(after);
        assertEquals(down + 1, follower.first());
      }
    }
  }

  @Test
  void anOpenStreamGetsTheUpdateByThePollWhenNobodyIsTold() throws Exception {
    try (Cluster cluster = Cluster.builder().with("GRPC_SERVER_URL", "").start();
        Follower follower = Follower.subscribe(cluster, "polling", updates::add)) {
      requireUpdate(cluster.published("worker", "1", CODE));
      assertEquals(1, follower.first());
    }
  }

  @Test
  void everyServerOfTheListIsTold() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    HttpServer listener =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    listener.createContext(
        "/internal/broadcast",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          told.add(exchange.getRequestMethod() + ' ' + new String(body, StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    listener.start();
    String live = "http://127.0.0.1:" + listener.getAddress().getPort();
    try (Cluster cluster =
        Cluster.builder()
            .with("GRPC_SERVER_URL", "http://127.0.0.1:" + Ports.free() + ", " + live + "/")
            .start()) {
      long revision = cluster.published("worker", "1", CODE);
      String announcement = told.poll(30, TimeUnit.SECONDS);
      assertNotNull(announcement, "not told, though only the other server of the list is down");
      assertEquals("POST {\"revision\":" + revision + "}", announcement.replace(" :", ":"));
    } finally {
      listener.stop(0);
    }
  }
}
