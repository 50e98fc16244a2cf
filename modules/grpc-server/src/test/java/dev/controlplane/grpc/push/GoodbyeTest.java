package dev.controlplane.grpc.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.grpc.InProcessServer;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server that ends says to whom. */
@Timeout(120)
class GoodbyeTest {
  @TempDir Path data;
  private Writer writer;

  @BeforeEach
  void open() {
    writer = new Writer(data);
  }

  @AfterEach
  void close() {
    writer.close();
  }

  private static SubscribeRequest.Builder request() {
    return SubscribeRequest.newBuilder().setConsumerId("c");
  }

  private static String told(WorkerUpdate update) {
    return ResumeTest.told(update);
  }

  @Test
  void withoutANewFieldThereIsNoControlMessageAndAtTheEndOnlyUnavailable() {
    writer.publish("a", "1", "1");
    try (ServerUnderTest process =
        ServerUnderTest.start(
            data, Map.of("BOOKMARK_INTERVAL", "PT0.01S", "MAX_STREAM_AGE", "PT0.01S"))) {
      Stream stream = Stream.open(process.connect(), request());
      Stream other = Stream.open(process.connect(), request().setSnapshot(true));
      assertEquals("GOODBYE @1", told(other.take(3).getLast()));
      long revision = writer.publish("a", "2", "2");
      assertEquals("PUBLISHED a 2 @" + revision, told(stream.next()));
      process.terminate(Duration.ofSeconds(30));
      assertEquals(Status.Code.UNAVAILABLE, stream.end().getCode());
      assertEquals(0, stream.waiting());
    }
  }

  @Test
  void aServerThatStopsSaysGoodbyeWithAHintAndATokenThatGoesOn() {
    writer.publish("a", "1", "1");
    WorkerUpdate goodbye;
    try (ServerUnderTest process = ServerUnderTest.start(data, Map.of())) {
      Stream stream = Stream.open(process.connect(), request().setSnapshot(true));
      assertEquals("SYNCED @1", told(stream.take(2).getLast()));
      process.terminate(Duration.ofSeconds(30));
      goodbye = stream.next();
      assertEquals("GOODBYE @1", told(goodbye));
      assertTrue(goodbye.getRetryAfterMs() >= 0 && goodbye.getRetryAfterMs() <= 5000);
      assertEquals(Status.Code.UNAVAILABLE, stream.end().getCode());
    }
    writer.publish("a", "2", "2");
    try (InProcessServer server = new InProcessServer(data, Map.of())) {
      Stream again =
          Stream.open(server.connect(), request().setResumeToken(goodbye.getResumeToken()));
      assertEquals("PUBLISHED a 2 @2", told(again.next()));
    }
  }
}
