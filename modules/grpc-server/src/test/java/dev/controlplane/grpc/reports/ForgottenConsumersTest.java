package dev.controlplane.grpc.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers are forgotten when an operator says so, or when they were not seen for long. */
class ForgottenConsumersTest {
  @TempDir Path data;

  private void seen(String id, Instant at) {
    try (Consumers consumers = DataDirectory.openConsumers(data)) {
      consumers.seen(List.of(new Sighting(id, at, 0)));
    }
  }

  @Test
  void anOperatorHasAConsumerForgotten() {
    seen("edge", Instant.now());
    try (Writer _ = new Writer(data);
        ServerUnderTest server = ServerUnderTest.start(data, Map.of())) {
      assertEquals(200, server.get("/consumers/edge").statusCode());
      assertEquals(204, server.delete("/consumers/edge").statusCode());
      assertEquals(404, server.get("/consumers/edge").statusCode());
      assertEquals(404, server.delete("/consumers/edge").statusCode());
    }
  }

  @Test
  void aConsumerWithAnOpenStreamIsNotForgotten() throws Exception {
    try (Writer writer = new Writer(data);
        ServerUnderTest server = ServerUnderTest.start(data, Map.of())) {
      writer.publish("w", "1", "one");
      Stream.open(server.connect(), "edge");
      assertEquals(409, server.delete("/consumers/edge").statusCode());
      assertEquals(200, server.get("/consumers/edge").statusCode());
    }
  }

  @Test
  void whoWasNotSeenForLongIsForgotten() {
    seen("old", Instant.now().minusSeconds(100_000));
    seen("new", Instant.now());
    try (Writer _ = new Writer(data);
        ServerUnderTest server =
            ServerUnderTest.start(data, Map.of("CONSUMER_RETENTION", "PT10H"))) {
      assertEquals(200, server.get("/consumers/old").statusCode());
    }
    try (Writer _ = new Writer(data);
        ServerUnderTest server =
            ServerUnderTest.start(data, Map.of("CONSUMER_RETENTION", "PT10S"))) {
      Await.until(
          Duration.ofSeconds(20),
          () -> "the old one is gone",
          () -> server.get("/consumers/old").statusCode() == 404);
    }
  }
}
