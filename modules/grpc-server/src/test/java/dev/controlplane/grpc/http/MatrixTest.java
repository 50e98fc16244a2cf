package dev.controlplane.grpc.http;

import static dev.controlplane.grpc.Reporter.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.grpc.Reporter;
import dev.controlplane.grpc.ServerUnderTest;
import dev.controlplane.grpc.Writer;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who runs which version, and the log, over HTTP. */
@Timeout(120)
class MatrixTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LAST = "\uFF5E";
  private static final String BEYOND = "\uD83D\uDE00";

  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private static ManagedChannel channel;

  /** Revisions: 1 and 2 are of a, 3 of b, 4 of c and 5 its deletion, 6 and 7 beyond all. */
  @BeforeAll
  static void start() {
    writer = new Writer(data);
    writer.publish("a", "1", "a one");
    writer.publish("a", "2", "a two");
    writer.publish("b", "1", "b one");
    writer.publish("c", "1", "c one");
    writer.catalog().delete("c", "1");
    writer.publish(LAST, "1", "x");
    writer.publish(BEYOND, "1", "x");
    try (Consumers consumers = DataDirectory.openConsumers(data)) {
      consumers.seen(
          List.of(
              subscribed("all"),
              subscribed("lame", "a"),
              subscribed("named", "a", "b", "not-yet"),
              subscribed("none-of-it", "not-yet")));
      consumers.register("registered", "http://r", Instant.now());
    }
    server = ServerUnderTest.start(data, Map.of());
    channel = server.connect();
    tell(
        report("all", "a", "2", 2, ReportedState.ACTIVE),
        report("all", "c", "1", 4, ReportedState.ACTIVE),
        report("lame", "a", "1", 1, ReportedState.ACTIVE),
        report("lame", "a", "2", 2, ReportedState.RECEIVED),
        report("named", "a", "1", 1, ReportedState.ACTIVE),
        report("named", "a", "2", 2, ReportedState.REJECTED).toBuilder()
            .setCode("E1")
            .setMessage("no")
            .build(),
        report("named", "b", "1", 3, ReportedState.ACTIVE));
  }

  private static Sighting subscribed(String consumer, String... workers) {
    return new Sighting(consumer, Instant.now(), 0, Optional.of(Set.of(workers)));
  }

  private static void tell(StatusReport... reports) {
    assertEquals(reports.length, new Reporter(channel).send(reports).accepted());
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

  /** Each row as its names, versions and lag. */
  private static List<String> told(JsonNode rows) {
    List<String> told = new ArrayList<>();
    for (JsonNode row : rows) {
      told.add(
          Stream.of(
                  "consumer_id",
                  "worker_name",
                  "desired",
                  "acknowledged",
                  "active",
                  "rejected",
                  "lag_revisions")
              .map(field -> row.get(field).isNull() ? "-" : row.get(field).asText())
              .reduce((one, other) -> one + " " + other)
              .orElseThrow());
    }
    return told;
  }

  private static List<String> told(String path) {
    return told(get(path).get("rows"));
  }

  /** All pages of a listing, in pages of this many. */
  private static List<String> paged(String path, int limit) {
    List<String> all = new ArrayList<>();
    String after = "";
    while (after != null) {
      JsonNode page = get(path + "limit=" + limit + after);
      List<String> rows = told(page.get("rows"));
      assertTrue(rows.size() <= limit, rows.toString());
      all.addAll(rows);
      after = page.get("next").isNull() ? null : "&after=" + page.get("next").asText();
    }
    return all;
  }

  private static final List<String> ALL =
      List.of(
          "all a 2 2 2 - 0",
          "all b 1 - - - 1",
          "all c - 1 1 - 0",
          "all " + LAST + " 1 - - - 1",
          "all " + BEYOND + " 1 - - - 1");
  private static final List<String> LAME = List.of("lame a 2 2 1 - 1");
  private static final List<String> NAMED =
      List.of("named a 2 1 1 2 1", "named b 1 1 1 - 0", "named not-yet - - - - 0");
  private static final String NONE = "none-of-it not-yet - - - - 0";

  @Test
  void aConsumerHasARowForEachWorkerThatItWantsOrHasToldOf() {
    assertEquals(ALL, told("/consumers/all"));
    assertEquals(LAME, told("/consumers/lame"));
    assertEquals(NAMED, told("/consumers/named"));
    assertEquals(List.of(NONE), told("/consumers/none-of-it"));
    JsonNode registered = get("/consumers/registered");
    assertEquals("http://r", registered.get("endpoint").asText());
    assertFalse(registered.get("connected").asBoolean());
    assertEquals(0, registered.get("rows").size());
    assertTrue(registered.get("next").isNull());
  }

  @Test
  void aRowTellsWhyAndSinceWhen() {
    Instant before = Instant.now();
    JsonNode rows = get("/consumers/named").get("rows");
    assertEquals("E1", rows.get(0).get("code").asText());
    assertEquals("no", rows.get(0).get("message").asText());
    assertTrue(rows.get(1).get("code").isNull());
    assertTrue(rows.get(1).get("message").isNull());
    assertEquals(0, rows.get(1).get("lag_seconds").asLong());
    Instant seen = Instant.parse(rows.get(0).get("last_seen").asText());
    assertTrue(seen.isBefore(before), "" + seen);
    long lag = rows.get(0).get("lag_seconds").asLong();
    assertTrue(lag >= 0 && lag < 600, "" + lag);
  }

  @Test
  void aWorkerHasARowForEachConsumerThatWantsItOrHasToldOfIt() {
    JsonNode a = get("/workers/a/consumers");
    assertEquals("a", a.get("worker_name").asText());
    assertEquals("2", a.get("desired").asText());
    assertEquals(List.of(ALL.getFirst(), LAME.getFirst(), NAMED.getFirst()), told(a.get("rows")));
    assertTrue(get("/workers/c/consumers").get("desired").isNull());
    assertEquals(List.of(ALL.get(2)), told("/workers/c/consumers"));
  }

  @Test
  void rowsCanBeFiltered() {
    List<String> lagging =
        List.of(ALL.get(1), ALL.get(3), ALL.get(4), LAME.getFirst(), NAMED.getFirst());
    assertEquals(lagging, told("/consumers?lagging="));
    assertEquals(lagging, told("/consumers?lagging"));
    assertEquals(lagging, told("/consumers?lagging=true"));
    assertEquals(
        List.of(ALL.getFirst(), ALL.get(2), NAMED.get(1), NAMED.get(2), NONE),
        told("/consumers?lagging=false"));
    assertEquals(List.of(NAMED.getFirst()), told("/consumers?rejected="));
    assertEquals(List.of(NAMED.getFirst()), told("/consumers?lagging=true&rejected=true"));
    assertEquals(List.of(), told("/consumers?lagging=false&rejected=true"));
    assertEquals(List.of(LAME.getFirst()), told("/workers/a/consumers?lagging=&rejected=false"));
    assertEquals(List.of(NAMED.getFirst()), told("/consumers/named?rejected=true"));
  }

  @Test
  void pagesHaveNoGapAndNoRepeat() {
    for (int limit = 1; limit <= 4; limit++) {
      assertEquals(ALL, paged("/consumers/all?", limit));
      assertEquals(NAMED, paged("/consumers/named?", limit));
      assertEquals(told("/workers/a/consumers"), paged("/workers/a/consumers?", limit));
      assertEquals(told("/consumers?lagging"), paged("/consumers?lagging&", limit));
      assertEquals(told("/consumers?lagging=false"), paged("/consumers?lagging=false&", limit));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/consumers?lagging=yes, 400, invalid_lagging",
    "/consumers?rejected=1, 400, invalid_rejected",
    "/consumers?lagging=&limit=0, 400, invalid_limit",
    "/consumers?lagging=&after=nYQ, 400, invalid_after",
    "/consumers/all?after=m, 400, invalid_after",
    "/consumers/all?after=mYQ, 400, invalid_after",
    "/consumers/all?after=m.YQ, 400, invalid_after",
    "/consumers/all?after=mYQ.Y*, 400, invalid_after",
    "/consumers/nobody, 404, not_found",
    "/consumers/a%2Fb, 400, invalid_name",
    "/workers/nothing/consumers, 404, not_found",
    "/workers/not-yet/consumers, 404, not_found",
    "/workers/../consumers, 400, invalid_name",
    "/updates?after=-1, 400, invalid_after",
    "/updates?after=x, 400, invalid_after",
    "/updates?worker=a%2Fb, 400, invalid_name",
    "/updates?limit=x, 400, invalid_limit",
  })
  void whatIsWrongIsTold(String path, int status, String error) {
    HttpResponse<String> answer = server.get(path);
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("\"error\":\"" + error + "\""), answer.body());
  }

  @Test
  void theLogIsToldInPages() {
    JsonNode page = get("/updates?after=1&limit=4");
    assertEquals(7, page.get("head").asLong());
    assertEquals(0, page.get("compacted").asLong());
    assertEquals("5", page.get("next").asText());
    JsonNode published = page.get("updates").get(0);
    assertEquals(2, published.get("revision").asLong());
    assertEquals("published", published.get("kind").asText());
    assertEquals("a", published.get("worker_name").asText());
    assertEquals("2", published.get("version").asText());
    assertEquals("2", published.get("latest").asText());
    assertEquals(5, published.get("size").asLong());
    assertEquals(
        writer.catalog().version("a", "2").orElseThrow().digest().hex(),
        published.get("checksum").asText());
    assertNotNull(Instant.parse(published.get("timestamp").asText()));
    JsonNode deleted = page.get("updates").get(3);
    assertEquals("deleted", deleted.get("kind").asText());
    assertTrue(deleted.get("latest").isNull());

    page = get("/updates?after=5");
    assertEquals(2, page.get("updates").size());
    assertTrue(page.get("next").isNull());
    assertEquals(0, get("/updates?after=99").get("updates").size());
    page = get("/updates?worker=a&limit=1");
    assertEquals("1", page.get("next").asText());
    page = get("/updates?worker=a&limit=1&after=1");
    assertEquals(2, page.get("updates").get(0).get("revision").asLong());
    assertEquals(2, get("/updates?worker=a").get("updates").size());
  }

  @Test
  void aLogThatWasCutAndALongSearchAreTold(@TempDir Path other) {
    int workers = 80;
    int subscribers = 260;
    try (Writer elsewhere = new Writer(other)) {
      for (int i = 0; i < workers; i++) {
        elsewhere.publish("w%03d".formatted(i), "1", "x");
      }
      elsewhere.catalog().compact(50);
      try (Consumers consumers = DataDirectory.openConsumers(other)) {
        List<Sighting> all = new ArrayList<>();
        for (int i = 0; i < subscribers; i++) {
          all.add(subscribed("c%03d".formatted(i)));
        }
        consumers.seen(all);
      }
      try (ServerUnderTest busy = ServerUnderTest.start(other, Map.of())) {
        assertEquals(410, busy.get("/updates?after=49").statusCode());
        assertTrue(busy.get("/updates?after=49").body().contains("\"error\":\"compacted\""));
        JsonNode log = JSON.readTree(busy.get("/updates").body());
        assertEquals(51, log.get("updates").get(0).get("revision").asLong());
        assertEquals(50, log.get("compacted").asLong());

        int pages = 0;
        String after = "";
        while (after != null) {
          JsonNode page = JSON.readTree(busy.get("/consumers?lagging=false" + after).body());
          assertEquals(0, page.get("rows").size());
          after = page.get("next").isNull() ? null : "&after=" + page.get("next").asText();
          pages++;
        }
        assertEquals(2, pages, "of " + workers * subscribers + " rows");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    assertNull(get("/consumers?lagging").get("consumers"));
  }
}
