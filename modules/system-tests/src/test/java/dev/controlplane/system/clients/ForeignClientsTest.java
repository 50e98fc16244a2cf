package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything a consumer does, by clients of other makers in other languages. */
class ForeignClientsTest {
  private static final int INLINE_LIMIT = 1 << 20;
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  static Stream<ForeignClient> clients() {
    return ForeignClient.all();
  }

  private static String fresh(String what) {
    return what + "-" + NAMES.incrementAndGet();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aRegisteredConsumerIsListedWithItsEndpoint(ForeignClient client) {
    String consumer = fresh("registered");
    try (Run run = client.start(cluster, "register", consumer, "http://edge.example:9000/ü")) {
      assertTrue(run.next("registered").path("response").path("success").asBoolean());
    }
    JsonNode listed = consumer(consumer);
    assertEquals("http://edge.example:9000/ü", listed.path("endpoint").asText());
    assertEquals(0, listed.path("streams").asInt());
    assertEquals(false, listed.path("connected").asBoolean(true));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void everyUpdateReachesASubscriptionToAllWithItsFields(ForeignClient client) {
    String worker = fresh("käse wörker");
    byte[] first = bytes("export default () => 1\n");
    byte[] second = bytes("export default () => 2\n");
    try (Run run = client.subscribe(cluster, fresh("all"))) {
      long published = cluster.published(worker, "1.0.0", first);
      JsonNode update = run.updatesTo(published).getLast();
      requireFields(update, worker, "1.0.0", first, "PUBLISHED", published);

      long again = cluster.published(worker, "2.0.0", second);
      requireFields(run.update(), worker, "2.0.0", second, "PUBLISHED", again);

      long back = cluster.rolledBack(worker, "1.0.0");
      requireFields(run.update(), worker, "1.0.0", first, "ROLLED_BACK", back);

      long deleted = cluster.deleted(worker, "2.0.0");
      JsonNode last = run.update();
      assertEquals("DELETED", last.path("kind").asText());
      assertEquals("2.0.0", last.path("version").asText());
      assertEquals(Cluster.sha256(second), last.path("checksum").asText());
      assertEquals(second.length, last.path("size").asLong());
      assertEquals("", last.path("worker_code").asText());
      assertEquals(deleted, last.path("revision").asLong());
    }
  }

  private static void requireFields(
      JsonNode update, String worker, String version, byte[] code, String kind, long revision) {
    assertEquals(worker, update.path("worker_name").asText());
    assertEquals(version, update.path("version").asText());
    assertEquals(Cluster.sha256(code), update.path("checksum").asText());
    assertEquals(Base64.getEncoder().encodeToString(code), update.path("worker_code").asText());
    assertEquals(code.length, update.path("size").asLong());
    assertEquals(kind, update.path("kind").asText());
    assertEquals(revision, update.path("revision").asLong());
    long age = Instant.now().getEpochSecond() - update.path("timestamp").asLong();
    assertTrue(age >= 0 && age < 120, () -> "timestamp is not in Unix seconds of now: " + update);
    HttpResponse<byte[]> served = fetch(update.path("file_path").asText());
    assertEquals(Cluster.sha256(code), Cluster.sha256(served.body()));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aFilteredSubscriptionGetsItsWorkersAndNoOther(ForeignClient client) {
    String wanted = fresh("wanted");
    String wantedToo = fresh("wanted");
    try (Run run = client.subscribe(cluster, fresh("filtered"), wanted, wantedToo)) {
      cluster.published(fresh("other"), "1", bytes("no"));
      long first = cluster.published(wanted, "1", bytes("yes"));
      cluster.published(wanted + "-not", "1", bytes("no"));
      long second = cluster.published(wantedToo, "1", bytes("yes"));
      assertEquals(first, run.update().path("revision").asLong());
      assertEquals(second, run.update().path("revision").asLong());
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void codeIsInlineUpToTheLimitAndFetchedFromFilePathAbove(ForeignClient client) {
    String worker = fresh("large");
    byte[] atLimit = new byte[INLINE_LIMIT];
    byte[] above = new byte[INLINE_LIMIT + 1];
    new Random(7).nextBytes(atLimit);
    new Random(8).nextBytes(above);
    try (Run run = client.subscribe(cluster, fresh("large"), worker)) {
      long first = cluster.published(worker, "limit", atLimit);
      requireFields(run.update(), worker, "limit", atLimit, "PUBLISHED", first);
      long second = cluster.published(worker, "above", above);
      JsonNode update = run.update();
      assertEquals(second, update.path("revision").asLong());
      assertEquals("", update.path("worker_code").asText());
      assertEquals(above.length, update.path("size").asLong());
      HttpResponse<byte[]> served = fetch(update.path("file_path").asText());
      assertEquals(update.path("checksum").asText(), Cluster.sha256(served.body()));
      assertEquals(Cluster.sha256(above), update.path("checksum").asText());
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void responseHeadersArriveWhileThereIsNoUpdateYet(ForeignClient client) {
    String consumer = fresh("quiet");
    // subscribe() returns only after the headers, and nothing is ever published for this worker.
    try (Run run = client.subscribe(cluster, consumer, fresh("never-published"))) {
      JsonNode listed = consumer(consumer);
      assertEquals(1, listed.path("streams").asInt());
      assertTrue(listed.path("connected").asBoolean());
      assertEquals(0, run.waiting());
    }
    Await.until(
        ForeignClient.LIMIT,
        () -> "the killed client's stream is gone: " + consumer(consumer),
        () -> consumer(consumer).path("streams").asInt() == 0);
  }

  @ParameterizedTest
  @MethodSource("clients")
  void twoStreamsOfOneConsumerAreBothServed(ForeignClient client) {
    String consumer = fresh("twice");
    String worker = fresh("twice");
    try (Run one = client.subscribe(cluster, consumer, worker);
        Run two = client.subscribe(cluster, consumer, worker)) {
      assertEquals(2, consumer(consumer).path("streams").asInt());
      long revision = cluster.published(worker, "1", bytes("both"));
      assertEquals(revision, one.update().path("revision").asLong());
      assertEquals(revision, two.update().path("revision").asLong());
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void anEmptyConsumerIdIsAnInvalidArgumentInBothCalls(ForeignClient client) {
    try (Run register = client.start(cluster, "register", "", "nowhere");
        Run subscribe = client.start(cluster, "subscribe", "")) {
      assertEquals("InvalidArgument", register.errorCode());
      assertEquals("InvalidArgument", subscribe.errorCode());
    }
  }

  @Test
  void goLearnsFromTheDetailsOfAnErrorWhichFieldWasWrong() {
    try (Run register = ForeignClient.go().start(cluster, "register", "a/b", "nowhere")) {
      JsonNode details = register.next("error").path("details");
      JsonNode info = details.path(0);
      assertEquals("type.googleapis.com/google.rpc.ErrorInfo", info.path("@type").asText());
      assertEquals("INVALID_NAME", info.path("reason").asText());
      assertEquals("controlplane", info.path("domain").asText());
      JsonNode violation = details.path(1).path("field_violations").path(0);
      assertEquals("consumer_id", violation.path("field").asText(), details::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void aWorkerNameThatIsNoneIsAnInvalidArgument(ForeignClient client) {
    try (Run dots = client.start(cluster, "subscribe", "a", "..");
        Run slash = client.start(cluster, "subscribe", "a", "b/c")) {
      assertEquals("InvalidArgument", dots.errorCode());
      assertEquals("InvalidArgument", slash.errorCode());
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void theStandardHealthServiceAndReflectionAnswer(ForeignClient client) {
    try (Run health = client.start(cluster, "health");
        Run services = client.start(cluster, "services")) {
      assertEquals("SERVING", health.next("health").path("status").asText());
      List<String> names =
          services.next("services").path("services").valueStream().map(JsonNode::asText).toList();
      assertTrue(
          names.containsAll(List.of("controlplane.ControlPlane", "grpc.health.v1.Health")),
          names::toString);
    }
  }

  private static JsonNode consumer(String id) {
    String after = "";
    while (true) {
      JsonNode page =
          Cluster.json(Cluster.get(cluster.grpcHttpUrl() + "/consumers?limit=1000" + after));
      for (JsonNode consumer : page.path("consumers")) {
        if (consumer.path("consumer_id").asText().equals(id)) {
          return consumer;
        }
      }
      if (page.path("next").isNull() || page.path("next").isMissingNode()) {
        throw new AssertionError(id + " is not among the consumers");
      }
      after = "&after=" + Cluster.segment(page.path("next").asText());
    }
  }

  private static HttpResponse<byte[]> fetch(String path) {
    try {
      HttpResponse<byte[]> response =
          Cluster.HTTP.send(
              HttpRequest.newBuilder(URI.create(cluster.consumerUrl() + path)).build(),
              BodyHandlers.ofByteArray());
      assertEquals(200, response.statusCode());
      return response;
    } catch (IOException e) {
      throw new AssertionError("GET " + path + " of consumer-server", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
