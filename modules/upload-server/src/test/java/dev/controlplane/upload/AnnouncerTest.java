package dev.controlplane.upload;

import static dev.controlplane.upload.UploadFixture.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
import dev.controlplane.upload.UploadFixture.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two grpc-servers are told of updates: one that takes announcements, one that is not there. */
class AnnouncerTest {
  private static final BlockingQueue<String> HEARD = new LinkedBlockingQueue<>();
  private static volatile CountDownLatch gate = new CountDownLatch(0);
  private static HttpServer grpcServer;
  private static UploadFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() throws IOException {
    grpcServer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    grpcServer.createContext(
        "/internal/broadcast",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          HEARD.add(exchange.getRequestMethod() + " " + body);
          try {
            gate.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    grpcServer.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    grpcServer.start();
    int nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = socket.getLocalPort();
    }
    fixture =
        UploadFixture.start(
            "GRPC_SERVER_URL",
            "http://127.0.0.1:%d/, http://127.0.0.1:%d"
                .formatted(grpcServer.getAddress().getPort(), nobody),
            "ANNOUNCE_TIMEOUT",
            "PT20S");
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    grpcServer.stop(0);
    fixture.close();
  }

  @AfterEach
  void forget() {
    gate.countDown();
    HEARD.clear();
  }

  @Test
  void everyUpdateIsAnnouncedAndNothingElse() throws InterruptedException {
    Answer published = put(server, "/workers/w/versions/1", "one");
    assertEquals(announcement(published), heard());
    Answer second = put(server, "/workers/w/versions/2", "two");
    assertEquals(announcement(second), heard());
    put(server, "/workers/w/versions/2", "two");
    put(server, "/workers/w/latest", "{\"version\":\"2\"}");
    Answer back = put(server, "/workers/w/latest", "{\"version\":\"1\"}");
    assertEquals(announcement(back), heard());
    Answer deleted = UploadFixture.delete(server, "/workers/w/versions/1");
    assertEquals(announcement(deleted), heard());
    assertNull(HEARD.poll());
  }

  @Test
  void nobodyWaitsForAnAnnouncementAndOnlyTheNewestWaits() throws InterruptedException {
    gate = new CountDownLatch(1);
    put(server, "/workers/slow/versions/1", "1");
    assertNotNull(heard());
    Answer last = null;
    for (int i = 2; i <= 20; i++) {
      last = put(server, "/workers/slow/versions/" + i, String.valueOf(i));
      assertEquals(200, last.status());
    }
    assertTrue(HEARD.isEmpty(), "the first one is still being answered");
    gate.countDown();

    assertEquals(announcement(last), heard());
    assertNull(HEARD.poll(200, TimeUnit.MILLISECONDS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1:8082", "ftp://x", "http://", "http://a b", "http://x/?y", "http://x#z"})
  void aUrlThatCannotBeOneEndsTheStart(String url) {
    Settings settings = Settings.load(Map.of("GRPC_SERVER_URL", "http://127.0.0.1:1," + url));

    StartupException failure =
        assertThrows(StartupException.class, () -> Announcer.start(settings, null, () -> {}));

    assertTrue(failure.getMessage().startsWith("GRPC_SERVER_URL has \"" + url + "\""));
    assertFalse(failure.getMessage().contains("\n"));
  }

  private static String heard() throws InterruptedException {
    return HEARD.poll(20, TimeUnit.SECONDS);
  }

  private static String announcement(Answer answer) {
    return "POST {\"revision\":" + answer.revision() + "}";
  }
}
