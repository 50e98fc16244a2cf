package dev.controlplane.grpc.push;

import static dev.controlplane.grpc.Reporter.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.grpc.Reporter;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Versions that consumers are asked to try once more. */
@Timeout(120)
class RetryTest {
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

  private static SubscribeRequest.Builder request(String consumer, String worker) {
    return SubscribeRequest.newBuilder().setConsumerId(consumer).addWorkerNames(worker);
  }

  private static void reject(String consumer, String worker, long revision) {
    assertEquals(
        1,
        new Reporter(channel)
            .send(report(consumer, worker, "1", revision, ReportedState.REJECTED))
            .accepted());
  }

  private static void assertRetry(String worker, long revision, WorkerUpdate update) {
    assertEquals(UpdateKind.ROLLED_BACK, update.getKind());
    assertEquals(worker, update.getWorkerName());
    assertEquals("1", update.getVersion());
    assertEquals("code", update.getWorkerCode().toStringUtf8());
    assertEquals(revision, update.getRevision());
  }

  @Test
  void everySubscriberReceivesARetryAlsoOneThatHasRejectedTheVersion() throws Exception {
    Stream rejecting = Stream.open(channel, "rejecting", "all");
    Stream using = Stream.open(channel, "using", "all");
    long published = writer.publish("all", "1", "code");
    assertEquals(published, rejecting.next().getRevision());
    assertEquals(published, using.next().getRevision());
    reject("rejecting", "all", published);

    long retried = writer.catalog().retry("all", "1", "").revision();
    assertRetry("all", retried, rejecting.next());
    assertRetry("all", retried, using.next());
    Stream later = Stream.open(channel, request("rejecting", "all").setSnapshot(true));
    assertRetry("all", retried, later.next());
    JsonNode entry =
        new ObjectMapper()
            .readTree(server.get("/updates?after=" + (retried - 1)).body())
            .get("updates")
            .get(0);
    assertEquals("retried", entry.get("kind").asText());
    assertTrue(entry.get("consumer_id").isNull());
    List.of(rejecting, using, later).forEach(Stream::cancel);
  }

  @Test
  void onlyTheNamedConsumerReceivesARetryForOneAndTheOthersGoOnBehindIt() throws Exception {
    Stream named = Stream.open(channel, request("named", "one").setBookmarks(true));
    Stream other = Stream.open(channel, request("other", "one").setBookmarks(true));
    named.next();
    other.next();
    long published = writer.publish("one", "1", "code");
    String before = named.next().getResumeToken();
    assertEquals(published, other.next().getRevision());
    reject("named", "one", published);
    long retried = writer.catalog().retry("one", "1", "named").revision();
    assertRetry("one", retried, named.next());
    long next = writer.publish("one", "2", "more");
    assertEquals(next, named.next().getRevision());
    WorkerUpdate after = other.next();
    assertEquals(next, after.getRevision(), "the other's next update");

    // Who was away while it was asked receives it when it comes back.
    named.cancel();
    Stream back = Stream.open(channel, request("named", "one").setResumeToken(before));
    assertRetry("one", retried, back.next());
    assertEquals(next, back.next().getRevision());
    // A position behind what others received is as good as any.
    Stream resumed =
        Stream.open(channel, request("other", "one").setResumeToken(after.getResumeToken()));
    long last = writer.publish("one", "3", "most");
    assertEquals(last, resumed.next().getRevision());
    assertEquals(last, other.next().getRevision());
    JsonNode entry =
        new ObjectMapper()
            .readTree(server.get("/updates?worker=one&after=" + (retried - 1)).body())
            .get("updates")
            .get(0);
    assertEquals(
        "retried named", entry.get("kind").asText() + " " + entry.get("consumer_id").asText());
    List.of(other, back, resumed).forEach(Stream::cancel);
  }

  @Test
  void aRetryForOneDoesNotTakeThePublishFromThoseThatWantOnlyTheLatest() {
    Stream early = Stream.open(channel, request("early", "latest").setBookmarks(true));
    String before = early.next().getResumeToken();
    early.cancel();
    long published = writer.publish("latest", "1", "code");
    writer.catalog().retry("latest", "1", "named");
    long retried = writer.catalog().retry("latest", "1", "named").revision();

    Stream others = Stream.open(channel, latest("others", before));
    assertEquals(published, others.next().getRevision());
    Stream named = Stream.open(channel, latest("named", before));
    assertEquals(published, named.next().getRevision());
    assertRetry("latest", retried - 1, named.next());
    assertRetry("latest", retried, named.next());
    // A retry for all says all that there is to say.
    long last = writer.catalog().retry("latest", "1", "").revision();
    assertRetry("latest", last, others.next());
    Stream late = Stream.open(channel, latest("late", before));
    assertRetry("latest", last, late.next());
    List.of(others, named, late).forEach(Stream::cancel);
  }

  private static SubscribeRequest.Builder latest(String consumer, String token) {
    return request(consumer, "latest").setResumeToken(token).setDelivery(Delivery.LATEST);
  }
}
