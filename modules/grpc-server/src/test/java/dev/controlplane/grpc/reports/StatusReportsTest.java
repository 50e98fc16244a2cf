package dev.controlplane.grpc.reports;

import static dev.controlplane.grpc.Reporter.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Reporter;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Consumers tell what became of updates: what is taken, what is refused, what is kept. */
@Timeout(120)
class StatusReportsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private static long first;
  private final ManagedChannel channel = server.connect();

  @BeforeAll
  static void start() {
    writer = new Writer(data);
    server = ServerUnderTest.start(data, Map.of());
    first = writer.publish("w", "1", "one");
    writer.publish("w", "2", "two");
  }

  @AfterAll
  static void stop() {
    server.close();
    writer.close();
  }

  @AfterEach
  void leave() {
    channel.shutdownNow();
  }

  private void register(String consumer) {
    register(channel, consumer);
  }

  private static void register(ManagedChannel channel, String consumer) {
    ControlPlaneGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Duration.ofSeconds(30))
        .registerConsumer(RegisterRequest.newBuilder().setConsumerId(consumer).build());
  }

  private static List<JsonNode> rows(ServerUnderTest server, String consumer) {
    try {
      List<JsonNode> rows = new ArrayList<>();
      JSON.readTree(server.get("/consumers/" + consumer).body()).path("rows").forEach(rows::add);
      return rows;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Acknowledged, active, rejected. */
  private static String standing(ServerUnderTest server, String consumer, String worker) {
    return rows(server, consumer).stream()
        .filter(row -> row.path("worker_name").asText().equals(worker))
        .map(row -> row.get("acknowledged") + " " + row.get("active") + " " + row.get("rejected"))
        .findFirst()
        .orElse("none");
  }

  private static String standing(String consumer, String worker) {
    return standing(server, consumer, worker);
  }

  @Test
  void whatWasAnsweredIsInTheMatrix() {
    register("teller");
    double active = server.metric("controlplane_reports_total", "state=\"active\"");
    long accepted =
        new Reporter(channel)
            .send(
                report("teller", "w", "1", first, ReportedState.RECEIVED),
                report("teller", "w", "1", first, ReportedState.VERIFIED),
                report("teller", "w", "1", first, ReportedState.ACTIVE),
                report("teller", "w", "2", first + 1, ReportedState.RECEIVED))
            .accepted();

    assertEquals(4, accepted);
    assertEquals("\"2\" \"1\" null", standing("teller", "w"));
    assertEquals(active + 1, server.metric("controlplane_reports_total", "state=\"active\""));
  }

  @Test
  void nothingSentIsNothingAccepted() {
    assertEquals(0, new Reporter(channel).accepted());
  }

  @Test
  void whoHasSubscribedJustNowIsKnown() {
    for (int i = 0; i < 5; i++) {
      dev.controlplane.grpc.Stream stream =
          dev.controlplane.grpc.Stream.open(channel, "just-now-" + i);
      Reporter reporter = new Reporter(channel);
      assertEquals(
          1,
          reporter.send(report("just-now-" + i, "w", "1", 0, ReportedState.RECEIVED)).accepted());
      stream.cancel();
    }
  }

  @Test
  void whatIsSentOnACallThatStaysOpenIsWrittenAtOnce() {
    register("patient");
    Reporter reporter =
        new Reporter(channel).send(report("patient", "w", "1", 0, ReportedState.ACTIVE));
    Await.until(
        Duration.ofSeconds(30),
        () -> "the first report is not told",
        () -> standing("patient", "w").equals("\"1\" \"1\" null"));
    reporter.send(report("patient", "w", "2", 0, ReportedState.ACTIVE));
    Await.until(
        Duration.ofSeconds(30),
        () -> "the second report is not told",
        () -> standing("patient", "w").equals("\"2\" \"2\" null"));
    assertEquals(2, reporter.accepted());
  }

  @Test
  void whatWasSentBeforeTheClientLeftIsWritten() {
    register("leaver");
    Reporter leaver = new Reporter(channel);
    leaver.send(report("leaver", "w", "1", 0, ReportedState.RECEIVED));
    Await.until(
        Duration.ofSeconds(30),
        () -> "the report is not told",
        () -> standing("leaver", "w").equals("\"1\" null null"));
    leaver.cancel();
    Await.until(
        Duration.ofSeconds(30),
        () -> "the writer's thread has not ended",
        () -> !server.get("/debug/pprof/goroutine?debug=2").body().contains("status-writer"));
  }

  static Stream<Arguments> bad() {
    StatusReport good = report("checked", "w", "1", 1, ReportedState.ACTIVE);
    return Stream.<Map.Entry<String, Function<StatusReport.Builder, StatusReport.Builder>>>of(
            Map.entry("consumer_id is empty", b -> b.setConsumerId("")),
            Map.entry("consumer_id contains", b -> b.setConsumerId("a/b")),
            Map.entry("worker_name is \"..\"", b -> b.setWorkerName("..")),
            Map.entry("version is empty", b -> b.setVersion("")),
            Map.entry("version is 256 bytes", b -> b.setVersion("x".repeat(256))),
            Map.entry("revision is -1", b -> b.setRevision(-1)),
            Map.entry("revision is 1000000", b -> b.setRevision(1_000_000)),
            Map.entry(
                "state is not set", b -> b.setState(ReportedState.REPORTED_STATE_UNSPECIFIED)),
            Map.entry("state is not set", b -> b.setStateValue(5)),
            Map.entry("checksum is not 64", b -> b.setChecksum("abc")),
            Map.entry("checksum is not 64", b -> b.setChecksum("g".repeat(64))),
            Map.entry("checksum is 000", b -> b.setChecksum("0".repeat(64))),
            Map.entry("code is 256 bytes", b -> b.setCode("ü".repeat(128))),
            Map.entry("message is 4097 bytes", b -> b.setMessage("x".repeat(4097))))
        .map(e -> Arguments.of(e.getKey(), e.getValue().apply(good.toBuilder()).build()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void aBadReportEndsTheCallAndNamesTheField(String message, StatusReport bad) {
    register("checked");
    Status end = new Reporter(channel).send(bad).end();
    assertEquals(Status.Code.INVALID_ARGUMENT, end.getCode(), "" + end);
    assertTrue(String.valueOf(end.getDescription()).contains(message), "" + end);
    assertEquals(List.of(), rows(server, "checked"));
  }

  @Test
  void whatIsAsLongAsItMayBeIsTaken() {
    register("long");
    StatusReport report =
        report("long", "w", "2", 0, ReportedState.REJECTED).toBuilder()
            .setChecksum(Writer.sha256("two".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .setCode("c".repeat(255))
            .setMessage("\u0000\n\"m".repeat(1024))
            .build();
    assertEquals(1, new Reporter(channel).send(report).accepted());
    JsonNode row = rows(server, "long").getFirst();
    assertEquals(report.getCode(), row.get("code").asText());
    assertEquals(report.getMessage(), row.get("message").asText());
  }

  @Test
  void anUnknownNameIsNotFoundAndTheReportsBeforeItStay() {
    register("strayed");
    double unknown = server.metric("controlplane_reports_refused_total", "reason=\"unknown\"");
    StatusReport good = report("strayed", "w", "1", first, ReportedState.ACTIVE);
    List<StatusReport> unknowns =
        List.of(
            good.toBuilder().setConsumerId("nobody").build(),
            good.toBuilder().setWorkerName("nothing").build(),
            good.toBuilder().setVersion("3").build());
    for (StatusReport stranger : unknowns) {
      Status end = new Reporter(channel).send(good, stranger, good).end();
      assertEquals(Status.Code.NOT_FOUND, end.getCode(), "" + end);
      assertTrue(String.valueOf(end.getDescription()).contains("after 1 reports"), "" + end);
      assertEquals("\"1\" \"1\" null", standing("strayed", "w"));
    }
    assertEquals(
        unknown + 3, server.metric("controlplane_reports_refused_total", "reason=\"unknown\""));
    assertEquals(404, server.get("/consumers/nobody").statusCode());
  }

  @Test
  void aVersionThatWasDeletedIsKnown() {
    register("mourner");
    writer.publish("gone", "1", "x");
    writer.catalog().delete("gone", "1");
    assertEquals(
        1,
        new Reporter(channel)
            .send(report("mourner", "gone", "1", 0, ReportedState.ACTIVE))
            .accepted());
    assertEquals("\"1\" \"1\" null", standing("mourner", "gone"));
  }

  @Test
  void withoutARevisionTheOneThatMadeItTheLatestIsMeant() {
    register("implicit");
    writer.publish("back", "1", "x");
    long second = writer.publish("back", "2", "y");
    writer.catalog().moveLatest("back", "1");
    Reporter reporter = new Reporter(channel);
    reporter.send(
        report("implicit", "back", "1", 0, ReportedState.ACTIVE),
        // Earlier than the return to 1, so it comes too late.
        report("implicit", "back", "2", second, ReportedState.ACTIVE),
        report("implicit", "back", "2", 0, ReportedState.RECEIVED));
    assertEquals(3, reporter.accepted());
    assertEquals("\"1\" \"1\" null", standing("implicit", "back"));
  }

  @Test
  void aRejectionKeepsWhatIsActiveAndEndsWithWhatIsActiveNext() {
    register("refuser");
    StatusReport rejection =
        report("refuser", "w", "2", first + 1, ReportedState.REJECTED).toBuilder()
            .setCode("1")
            .setMessage("the hook failed")
            .build();
    new Reporter(channel)
        .send(report("refuser", "w", "1", first, ReportedState.ACTIVE), rejection)
        .accepted();
    assertEquals("\"1\" \"1\" \"2\"", standing("refuser", "w"));
    JsonNode row = rows(server, "refuser").getFirst();
    assertEquals("1", row.get("code").asText());
    assertEquals("the hook failed", row.get("message").asText());

    new Reporter(channel)
        .send(report("refuser", "w", "2", first + 1, ReportedState.ACTIVE))
        .accepted();
    assertEquals("\"2\" \"2\" null", standing("refuser", "w"));
    assertTrue(rows(server, "refuser").getFirst().get("code").isNull());
  }

  @Test
  void twoHundredConsumersTellAtOnce() throws Exception {
    List<Thread> threads = new ArrayList<>();
    List<Long> accepted = new java.util.concurrent.CopyOnWriteArrayList<>();
    StatusReport[] many = new StatusReport[50];
    for (int i = 0; i < 200; i++) {
      String consumer = "crowd-" + i;
      threads.add(
          Thread.startVirtualThread(
              () -> {
                register(consumer);
                StatusReport[] mine = many.clone();
                for (int j = 0; j < mine.length; j++) {
                  mine[j] = report(consumer, "w", j % 2 == 0 ? "1" : "2", 0, ReportedState.ACTIVE);
                }
                accepted.add(new Reporter(channel).send(mine).accepted());
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(200, accepted.size());
    assertTrue(accepted.stream().allMatch(n -> n == 50));
    for (int i = 0; i < 200; i += 50) {
      assertEquals("\"2\" \"2\" null", standing("crowd-" + i, "w"));
    }
  }

  @Test
  void whatWasAnsweredOutlivesAKill(@TempDir Path other) throws InterruptedException {
    try (Writer elsewhere = new Writer(other);
        ServerUnderTest killed = ServerUnderTest.start(other, Map.of())) {
      elsewhere.publish("w", "1", "x");
      ManagedChannel connection = killed.connect();
      register(connection, "survivor");
      long accepted =
          new Reporter(connection)
              .send(report("survivor", "w", "1", 0, ReportedState.ACTIVE))
              .accepted();
      killed.process().destroyForcibly().waitFor(); // kill -9
      assertEquals(1, accepted);
      try (ServerUnderTest next = ServerUnderTest.start(other, Map.of())) {
        assertEquals("\"1\" \"1\" null", standing(next, "survivor", "w"));
      }
    }
  }
}
