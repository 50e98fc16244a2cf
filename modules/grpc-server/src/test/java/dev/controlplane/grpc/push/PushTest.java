package dev.controlplane.grpc.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.RegisterResponse;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The real server as a process, the real catalog beside it, clients of grpc-java's own. */
@Timeout(60)
class PushTest {
  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private final List<Stream> streams = new ArrayList<>();
  private final ManagedChannel channel = server.connect();

  @BeforeAll
  static void start() {
    writer = new Writer(data);
    server = ServerUnderTest.start(data, Map.of("QUEUE_SIZE", "4"));
  }

  @AfterAll
  static void stop() {
    server.close();
    writer.close();
  }

  @AfterEach
  void leave() {
    streams.forEach(Stream::cancel);
    channel.shutdownNow();
  }

  private Stream open(String consumer, String... workers) {
    Stream stream = Stream.open(channel, consumer, workers);
    streams.add(stream);
    return stream;
  }

  private ControlPlaneGrpc.ControlPlaneBlockingStub calls() {
    return ControlPlaneGrpc.newBlockingStub(channel).withDeadlineAfter(Duration.ofSeconds(20));
  }

  @Test
  void publishRollbackAndDeletionComeInTheOrderOfTheLog() {
    Stream stream = open("order", "order-worker");
    byte[] first = "console.log(1)".getBytes(StandardCharsets.UTF_8);
    byte[] second = "console.log(22)".getBytes(StandardCharsets.UTF_8);
    long before = Instant.now().getEpochSecond();
    long revision = writer.publish("order-worker", "1", first);
    writer.publish("order-worker", "2", second);
    writer.catalog().moveLatest("order-worker", "1");
    writer.catalog().delete("order-worker", "2");

    WorkerUpdate published = stream.next();
    assertEquals("order-worker", published.getWorkerName());
    assertEquals("1", published.getVersion());
    assertEquals(Writer.sha256(first), published.getChecksum());
    assertEquals("console.log(1)", published.getWorkerCode().toStringUtf8());
    assertEquals(first.length, published.getSize());
    assertEquals("/file/order-worker/version/1", published.getFilePath());
    assertTrue(published.getTimestamp() >= before, "committed at " + published.getTimestamp());
    assertEquals(revision, published.getRevision());
    assertEquals(UpdateKind.PUBLISHED, published.getKind());

    WorkerUpdate again = stream.next();
    assertEquals("2", again.getVersion());
    assertEquals(revision + 1, again.getRevision());

    WorkerUpdate rolledBack = stream.next();
    assertEquals(UpdateKind.ROLLED_BACK, rolledBack.getKind());
    assertEquals("1", rolledBack.getVersion());
    assertEquals("console.log(1)", rolledBack.getWorkerCode().toStringUtf8());
    assertEquals(revision + 2, rolledBack.getRevision());

    WorkerUpdate deleted = stream.next();
    assertEquals(UpdateKind.DELETED, deleted.getKind());
    assertEquals("2", deleted.getVersion());
    assertEquals(Writer.sha256(second), deleted.getChecksum());
    assertEquals(second.length, deleted.getSize());
    assertTrue(deleted.getWorkerCode().isEmpty());
    assertEquals(revision + 3, deleted.getRevision());
  }

  @Test
  void whatIsCommittedAfterTheHeadersArrivedIsDelivered() {
    for (int i = 0; i < 40; i++) {
      Stream stream = open("headers-" + i, "headers-worker");
      long revision = writer.publish("headers-worker", "v" + i, "code " + i);
      assertEquals(revision, stream.next().getRevision());
    }
  }

  @Test
  void updatesCommittedTogetherComeInTheOrderOfTheLogToWhoWantsAllAndToWhoWantsSome()
      throws Exception {
    List<String> workers = List.of("together-a", "together-b", "together-c");
    Stream all = open("together-all");
    Stream two = open("together-two", "together-a", "together-c");
    NavigableMap<Long, String> log = new ConcurrentSkipListMap<>();
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> written = new ArrayList<>();
      for (int i = 0; i < 120; i++) {
        String worker = workers.get(i % 3);
        String version = "v" + i;
        written.add(
            writers.submit(
                () -> log.put(writer.publish(worker, version, "code of " + version), worker)));
      }
      for (Future<?> each : written) {
        each.get();
      }
    }
    assertEquals(120, log.size());
    for (Map.Entry<Long, String> entry : log.entrySet()) {
      WorkerUpdate update = all.next();
      assertEquals(entry, Map.entry(update.getRevision(), update.getWorkerName()));
      if (!entry.getValue().equals("together-b")) {
        assertEquals(entry.getKey(), two.next().getRevision());
      }
    }
  }

  @Test
  void onlyTheNamedWorkersComeEachOnceHoweverOftenNamedAndInAnyUnicodeForm() {
    Stream stream = open("picky", "cafe\u0301", "caf\u00e9", "other");
    writer.publish("unwanted", "1", "x");
    long cafe = writer.publish("caf\u00e9", "1", "y");
    writer.publish("unwanted", "2", "z");
    long other = writer.publish("other", "1", "w");
    assertEquals(cafe, stream.next().getRevision());
    assertEquals(other, stream.next().getRevision());
    assertEquals(0, stream.waiting());
  }

  @Test
  void codeTravelsUpToTheInlineLimitOfOneMebibyte() {
    Stream stream = open("inline", "inline-worker");
    writer.publish("inline-worker", "exactly", new byte[1 << 20]);
    writer.publish("inline-worker", "more", new byte[(1 << 20) + 1]);
    writer.publish("inline-worker", "nothing", new byte[0]);
    assertEquals(1 << 20, stream.next().getWorkerCode().size());
    WorkerUpdate more = stream.next();
    assertTrue(more.getWorkerCode().isEmpty());
    assertEquals((1 << 20) + 1, more.getSize());
    assertEquals("/file/inline-worker/version/more", more.getFilePath());
    assertEquals(0, stream.next().getSize());
  }

  @Test
  void aFileDamagedOnDiskIsToldOfWithoutItsBytes() throws Exception {
    Stream stream = open("damage", "damaged-worker");
    byte[] code = new byte[5000];
    writer.publish("other-worker", "1", code);
    try (var files = Files.walk(data.resolve("blobs"))) {
      for (Path blob : files.filter(Files::isRegularFile).toList()) {
        if (Files.size(blob) == code.length) {
          Files.write(blob, new byte[] {1});
        }
      }
    }
    // Published under a second name without the bytes being sent again.
    writer
        .catalog()
        .publish(
            "damaged-worker",
            "1",
            new dev.controlplane.catalog.StoredBlob(
                new dev.controlplane.catalog.Digest(Writer.sha256(code)), code.length),
            "text/plain");
    WorkerUpdate update = stream.next();
    assertTrue(update.getWorkerCode().isEmpty());
    assertEquals(Writer.sha256(code), update.getChecksum());
    assertTrue(
        server.lines().stream().anyMatch(line -> line.contains("event=update-without-code")));
  }

  @Test
  void announcementsAreHintsAndRepeatingThemRepeatsNothing() {
    Stream stream = open("hints", "hint-worker");
    for (int i = 0; i < 20; i++) {
      long revision = writer.publish("hint-worker", "v" + i, "code " + i);
      for (int j = 0; j < 3; j++) {
        HttpResponse<String> answer =
            server.post("/internal/broadcast", "{\"revision\":" + revision + "}");
        assertEquals(200, answer.statusCode(), answer.body());
      }
      assertEquals(200, server.post("/internal/broadcast", "{\"revision\":1}").statusCode());
      assertEquals(
          200, server.post("/internal/broadcast", "{\"revision\":999999999}").statusCode());
    }
    List<Long> revisions = stream.take(20).stream().map(WorkerUpdate::getRevision).toList();
    assertEquals(revisions.stream().distinct().sorted().toList(), revisions);
    assertEquals(0, stream.waiting());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[1]",
        "{",
        "{}",
        "{\"revision\":null}",
        "{\"revision\":\"1\"}",
        "{\"revision\":1.5}",
        "{\"revision\":1.0}",
        "{\"revision\":0}",
        "{\"revision\":-1}",
        "{\"revision\":9223372036854775808}",
        "{\"revision\":true}",
        "{\"Revision\":1}"
      })
  void aMalformedAnnouncementIsRefused(String body) throws Exception {
    HttpResponse<String> answer = server.post("/internal/broadcast", body);
    assertEquals(400, answer.statusCode(), answer.body());
    JsonNode error = new ObjectMapper().readTree(answer.body());
    assertFalse(error.get("error").asText().isEmpty());
    assertTrue(error.get("message").asText().contains("expected"), answer.body());
  }

  @Test
  void anAnnouncementIsBoundedAndHasOneMethod() {
    String large = "{\"revision\":1,\"x\":\"" + "y".repeat(10_000) + "\"}";
    assertEquals(413, server.post("/internal/broadcast", large).statusCode());
    HttpResponse<String> get = server.get("/internal/broadcast");
    assertEquals(405, get.statusCode());
    assertEquals("OPTIONS, POST", get.headers().firstValue("Allow").orElse("none"));
    HttpResponse<String> put =
        server.send(server.request("/consumers").PUT(BodyPublishers.ofString("x")));
    assertEquals(405, put.statusCode());
    assertEquals("GET, HEAD, OPTIONS", put.headers().firstValue("Allow").orElse("none"));
    assertEquals(404, server.get("/internal").statusCode());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''        | consumer_id is empty",
        "a/b       | consumer_id contains",
        "..        | consumer_id is \"..\"",
        "long      | consumer_id is 256 bytes",
        "control   | consumer_id contains the character U+0007"
      })
  void aConsumerIdThatIsNoneIsRefusedInBothCalls(String id, String message) {
    String sent =
        switch (id) {
          case "long" -> "x".repeat(256);
          case "control" -> "a\u0007b";
          default -> id;
        };
    Status subscribe = Stream.begin(channel, sent).end();
    assertEquals(Status.Code.INVALID_ARGUMENT, subscribe.getCode());
    assertTrue(
        String.valueOf(subscribe.getDescription()).contains(message), subscribe.getDescription());
    StatusRuntimeException register =
        Assertions.assertThrows(
            StatusRuntimeException.class,
            () ->
                calls().registerConsumer(RegisterRequest.newBuilder().setConsumerId(sent).build()));
    assertEquals(Status.Code.INVALID_ARGUMENT, register.getStatus().getCode());
    assertTrue(
        String.valueOf(register.getStatus().getDescription()).contains(message),
        register.getMessage());
  }

  @Test
  void workerNamesAreCheckedAndBounded() {
    String[] thousand = IntStream.range(0, 1000).mapToObj(i -> "w" + i).toArray(String[]::new);
    open("a-thousand", thousand);
    String[] more = IntStream.range(0, 1001).mapToObj(i -> "w" + i).toArray(String[]::new);
    for (Stream refused :
        List.of(
            Stream.begin(channel, "many", more),
            Stream.begin(channel, "slash", "ok", "a/b"),
            Stream.begin(channel, "empty", ""))) {
      Status end = refused.end();
      assertEquals(Status.Code.INVALID_ARGUMENT, end.getCode());
      assertTrue(String.valueOf(end.getDescription()).contains("worker_names"), "" + end);
    }
  }

  @Test
  void anEndpointIsTextOfUpTo2048Bytes() {
    RegisterRequest.Builder request = RegisterRequest.newBuilder().setConsumerId("endpoint");
    RegisterResponse longest =
        calls().registerConsumer(request.setEndpoint("e".repeat(2048)).build());
    assertTrue(longest.getSuccess());
    assertFalse(longest.getMessage().isEmpty());
    for (String bad : List.of("e".repeat(2049), "a\nb")) {
      StatusRuntimeException refused =
          Assertions.assertThrows(
              StatusRuntimeException.class,
              () -> calls().registerConsumer(request.setEndpoint(bad).build()));
      assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode());
    }
  }

  private static JsonNode consumers(String query) throws Exception {
    HttpResponse<String> answer = server.get("/consumers" + query);
    assertEquals(200, answer.statusCode(), answer.body());
    return new ObjectMapper().readTree(answer.body());
  }

  private static JsonNode consumer(String id) throws Exception {
    String after = "";
    while (true) {
      JsonNode page = consumers("?limit=1000" + after);
      for (JsonNode one : page.get("consumers")) {
        if (one.get("consumer_id").asText().equals(id)) {
          return one;
        }
      }
      if (page.get("next").isNull()) {
        throw new AssertionError("no consumer " + id);
      }
      after = "&after=" + page.get("next").asText();
    }
  }

  @Test
  void theSameConsumerTwiceIsServedTwiceAndListedOnce() throws Exception {
    calls()
        .registerConsumer(
            RegisterRequest.newBuilder().setConsumerId("twin").setEndpoint("http://twin").build());
    Stream one = open("twin", "twin-worker");
    Stream other = open("twin", "twin-worker");
    Instant before = Instant.now().minusSeconds(1);
    long revision = writer.publish("twin-worker", "1", "x");
    assertEquals(revision, one.next().getRevision());
    assertEquals(revision, other.next().getRevision());
    Await.until(
        Duration.ofSeconds(5),
        () -> "last_revision is not " + revision,
        () -> lastRevision("twin") == revision);
    JsonNode twin = consumer("twin");
    assertEquals("http://twin", twin.get("endpoint").asText());
    assertTrue(twin.get("connected").asBoolean());
    assertEquals(2, twin.get("streams").asInt());
    assertTrue(Instant.parse(twin.get("last_seen").asText()).isAfter(before), "" + twin);
  }

  private static long lastRevision(String id) {
    try {
      return consumer(id).get("last_revision").asLong();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void consumersComeInPagesWithoutAGap() throws Exception {
    for (int i = 0; i < 5; i++) {
      calls().registerConsumer(RegisterRequest.newBuilder().setConsumerId("paged-" + i).build());
    }
    List<String> paged = new ArrayList<>();
    String after = "";
    JsonNode page;
    do {
      page = consumers("?limit=2" + after);
      assertTrue(page.get("consumers").size() <= 2);
      page.get("consumers").forEach(one -> paged.add(one.get("consumer_id").asText()));
      after = "&after=" + page.get("next").asText();
    } while (!page.get("next").isNull());
    assertEquals(paged.stream().distinct().sorted().toList(), paged);
    assertTrue(paged.containsAll(List.of("paged-0", "paged-1", "paged-2", "paged-3", "paged-4")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"limit=0", "limit=1001", "limit=x", "limit=", "after=%20", "after=zz"})
  void aPageThatIsNoneIsRefused(String query) {
    HttpResponse<String> answer = server.get("/consumers?" + query);
    assertEquals(400, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("\"error\""), answer.body());
  }

  @Test
  void healthIsServedOverBothProtocols() {
    for (String service : List.of("", "controlplane.ControlPlane")) {
      HealthCheckResponse health =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(Duration.ofSeconds(20))
              .check(HealthCheckRequest.newBuilder().setService(service).build());
      assertEquals(HealthCheckResponse.ServingStatus.SERVING, health.getStatus(), service);
    }
    assertEquals("{\"status\":\"healthy\"}", server.get("/health").body().strip());
    assertEquals(200, server.get("/observe/health").statusCode());
  }

  @Test
  void metricsTellWhatWasSent() {
    double sent = server.metric("controlplane_updates_sent_total");
    Stream stream = open("measured", "measured-worker");
    assertTrue(server.metric("controlplane_streams") >= 1);
    writer.publish("measured-worker", "1", "x");
    stream.next();
    Await.until(
        Duration.ofSeconds(5),
        () -> "an update was sent and not counted",
        () -> server.metric("controlplane_updates_sent_total") > sent);
    assertTrue(server.metric("controlplane_send_delay_seconds_count") > 0);
  }
}
