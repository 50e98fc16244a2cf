package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many subscriptions get all updates. */
class FanoutTest {
  private static final int CONNECTIONS = 10;
  private static final int STREAMS = 1_000;
  private static final int UPDATES = 1_000;
  private static final int UPLOADERS = 8;

  /** Of HTTP/2's default window, and of the library's own choice, which grows. */
  @ParameterizedTest(name = "window {0}")
  @ValueSource(ints = {0, 65_535})
  void aThousandSubscriptionsOnTenConnectionsGetAThousandUpdatesEachInOrder(int window)
      throws Exception {
    try (Cluster cluster = Cluster.start();
        Run clients =
            ForeignClient.go()
                .start(
                    cluster,
                    "-timeout=300s",
                    "-window=" + window,
                    "-connections=" + CONNECTIONS,
                    "-streams=" + STREAMS / CONNECTIONS,
                    "-until=" + UPDATES,
                    "fanout")) {
      clients.next("subscribed", Duration.ofSeconds(60));
      publishAll(cluster);
      JsonNode done = clients.next("done", Duration.ofMinutes(4));
      assertEquals(0, done.path("failed").asInt(), done::toString);
      assertEquals(1, done.path("latest_first").asLong(), done::toString);
      assertEquals((long) STREAMS * UPDATES, done.path("updates").asLong(), done::toString);
      assertTrue(cluster.grpc().alive());
    }
  }

  private static void publishAll(Cluster cluster) throws Exception {
    try (ExecutorService uploaders = Executors.newFixedThreadPool(UPLOADERS)) {
      List<Future<Long>> revisions = new ArrayList<>();
      for (int i = 0; i < UPDATES; i++) {
        String version = "v" + i;
        byte[] code = ("export default () => " + i).getBytes(StandardCharsets.UTF_8);
        revisions.add(uploaders.submit(() -> cluster.published("fanout", version, code)));
      }
      for (Future<Long> revision : revisions) {
        revision.get();
      }
    }
  }
}
