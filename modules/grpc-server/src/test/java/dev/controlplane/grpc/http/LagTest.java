package dev.controlplane.grpc.http;

import static dev.controlplane.grpc.Reporter.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Reporter;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.SubscribeRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which consumers lag, and of those that report nothing: which were sent the latest version. */
@Timeout(120)
class LagTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() {
    writer = new Writer(data);
    server = ServerUnderTest.start(data, Map.of());
    channel = server.connect();
  }

  @AfterAll
  static void stop() {
    server.close();
    writer.close();
  }

  private static JsonNode get(String path) {
    HttpResponse<String> answer = server.get(path);
    assertEquals(200, answer.statusCode(), answer.body());
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The row of a consumer that wants one worker. */
  private static JsonNode row(String consumer) {
    return get("/consumers/" + consumer).get("rows").get(0);
  }

  /** State, lag and delivery in one text. */
  private static String standing(String consumer) {
    JsonNode row = row(consumer);
    return "%s lag %s delivered %s %s"
        .formatted(
            row.get("state").asText(),
            row.get("lag_revisions"),
            row.get("delivered"),
            row.get("delivered_revision"));
  }

  private static void await(String consumer, String standing) {
    Await.until(
        Duration.ofSeconds(30),
        () -> "%s is \"%s\", expected \"%s\"".formatted(consumer, standing(consumer), standing),
        () -> standing(consumer).equals(standing));
  }

  private static boolean isLagging(String consumer) {
    for (JsonNode row : get("/consumers?lagging=true").get("rows")) {
      if (row.get("consumer_id").asText().equals(consumer)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void lagCountsTheUpdatesOfTheWorkerThatAReportingConsumerLacks() {
    long first = writer.publish("busy", "1", "1");
    Stream stream = Stream.open(channel, "reporting", "busy");
    assertEquals(
        1,
        new Reporter(channel)
            .send(report("reporting", "busy", "1", first, ReportedState.ACTIVE))
            .accepted());
    assertEquals("active", row("reporting").get("state").asText());
    for (int i = 0; i < 20; i++) {
      writer.publish("other-" + i, "1", "x");
    }
    assertEquals("active", row("reporting").get("state").asText());
    assertEquals(0, row("reporting").get("lag_revisions").asLong());
    writer.publish("busy", "2", "22");
    writer.publish("busy", "3", "333");
    long last = writer.catalog().delete("busy", "2").revision();
    assertEquals("lagging", row("reporting").get("state").asText());
    assertEquals(2, row("reporting").get("lag_revisions").asLong());
    assertTrue(isLagging("reporting"));
    // What it was sent changes nothing: it says itself what it runs.
    await("reporting", "lagging lag 2 delivered true " + last);
    stream.cancel();
  }

  @Test
  void aSubscriberThatReportsNothingIsDeliveredOnceTheLatestVersionWasSent() {
    writer.publish("quiet", "1", "1");
    Stream stream = Stream.open(channel, "silent", "quiet");
    long published = writer.publish("quiet", "2", "22");
    assertEquals(published, stream.next().getRevision());
    await("silent", "delivered lag 0 delivered true " + published);
    assertEquals(0, row("silent").get("lag_seconds").asLong());
    assertTrue(row("silent").get("active").isNull());
    assertFalse(isLagging("silent"));

    stream.cancel();
    Await.until(
        Duration.ofSeconds(30),
        () -> "silent is still connected",
        () -> !get("/consumers/silent").get("connected").asBoolean());
    assertEquals("delivered lag 0 delivered true " + published, standing("silent"));
    writer.publish("quiet", "3", "333");
    writer.publish("quiet", "4", "4444");
    assertEquals("behind lag 2 delivered false " + published, standing("silent"));
    assertTrue(isLagging("silent"));
  }

  @Test
  void aWatcherIsDeliveredAfterItsSnapshot() {
    long published = writer.publish("watched", "1", "1");
    Stream stream =
        Stream.open(
            channel,
            SubscribeRequest.newBuilder()
                .setConsumerId("watcher")
                .addWorkerNames("watched")
                .setSnapshot(true));
    assertEquals(published, stream.next().getRevision());
    Await.until(
        Duration.ofSeconds(30),
        () -> standing("watcher"),
        () -> standing("watcher").startsWith("delivered lag 0 delivered true "));
    stream.cancel();
  }

  @Test
  void aSubscriberThatReadsNothingIsBehind() {
    writer.publish("large", "0", "x");
    Stream stream = Stream.neverReading(channel, "stuck", "large");
    long first = 0;
    for (int i = 1; i <= 12; i++) {
      byte[] code = new byte[1 << 20];
      code[0] = (byte) i;
      long revision = writer.publish("large", "" + i, code);
      first = first == 0 ? revision : first;
    }
    JsonNode row = row("stuck");
    assertEquals("behind", row.get("state").asText(), row.toString());
    assertTrue(row.get("lag_revisions").asLong() > 1, row.toString());
    assertTrue(row.get("delivered_revision").asLong() < first + 11, row.toString());
    assertTrue(isLagging("stuck"));
    stream.cancel();
  }

  /** Deletion, active version and state in one text. */
  private static String deletion(String consumer) {
    JsonNode row = row(consumer);
    return "%s active %s state %s"
        .formatted(
            row.get("deletion").asText(), row.get("active").asText(), row.get("state").asText());
  }

  @Test
  void aDeletionIsPendingUntilItWasSentAlsoIfItIsCompactedAway() {
    long published = writer.publish("doomed", "1", "1");
    Stream here = Stream.open(channel, "here", "doomed");
    Stream away = Stream.open(channel, "away", "doomed");
    for (String consumer : List.of("here", "away")) {
      assertEquals(
          1,
          new Reporter(channel)
              .send(report(consumer, "doomed", "1", published, ReportedState.ACTIVE))
              .accepted());
      assertEquals("null active 1 state active", deletion(consumer));
    }
    away.cancel();
    Await.until(
        Duration.ofSeconds(30),
        () -> "away is still connected",
        () -> !get("/consumers/away").get("connected").asBoolean());

    long deleted = writer.catalog().delete("doomed", "1").revision();

    assertEquals(deleted, here.next().getRevision());
    Await.until(
        Duration.ofSeconds(30),
        () -> deletion("here"),
        () -> deletion("here").equals("sent active 1 state null"));
    assertEquals("pending active 1 state null", deletion("away"));
    writer.catalog().compact(deleted);
    assertEquals("sent active 1 state null", deletion("here"));
    assertEquals("pending active 1 state null", deletion("away"));
    here.cancel();
  }

  @Test
  void aWorkerWithoutAVersionHasNoState() {
    Stream stream = Stream.open(channel, "hopeful", "not-yet");
    JsonNode row = row("hopeful");
    assertTrue(row.get("state").isNull(), row.toString());
    assertTrue(row.get("deletion").isNull(), row.toString());
    assertFalse(row.get("delivered").asBoolean());
    assertEquals(0, row.get("lag_revisions").asLong());
    stream.cancel();
  }
}
