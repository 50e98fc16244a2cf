package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.client.FakeServer;
import dev.controlplane.client.answers.ServerVersion;
import dev.controlplane.client.cli.terminal.FakeTerminal;
import dev.controlplane.client.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpctlTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Terminal terminal = Terminal.NONE;

  @TempDir private Path directory;

  private int run(String... arguments) {
    out.reset();
    err.reset();
    Session session =
        new Session(
            new ByteArrayInputStream("stdin".getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            terminal);
    return new Cpctl(session).run(arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private FakeServer server(FakeServer.Handler handler) throws Exception {
    FakeServer server = new FakeServer(handler);
    for (String variable :
        List.of("CPCTL_UPLOAD_URL", "CPCTL_CONSUMER_URL", "CPCTL_GRPC_HTTP_URL")) {
      environment.put(variable, server.url());
    }
    return server;
  }

  private static String metadata(String name, String version, String content) throws Exception {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return """
    {"filename":"%s","version":"%s","checksum":"%s","filepath":"/file/x","size":%d,\
    "uploaded_at":"2026-11-23T12:00:00.000Z"}\
    """
        .formatted(name, version, sha256(bytes), bytes.length);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "info",
        "info a b",
        "upload file --name n",
        "upload file --version 1",
        "rollback",
        "retry w",
        "rollback w 1 --version 2",
        "get w 1 --version 2",
        "delete w",
        "delete",
        "subscribe",
        "subscribe --id x --count 0",
        "subscribe --id x --count many",
        "subscribe --id x --keep-deleted",
        "get w --json -o -",
        "info ..",
        "info a/b",
        "delete w .",
        "info w --consumer-url nowhere",
        "subscribe --id x --grpc host:port",
        "subscribe --id x --silence soon",
        "agent --id x",
        "agent --dir x",
        "agent --id x --dir d --keep 0",
        "agent --id x --dir d --exec true --exec-timeout 0s",
        "status --worker w --consumer c",
        "events",
        "events --since yesterday",
        "events --since -1h",
        "compact",
        "doctor --timeout 0s",
        "compact all",
        "compact -- -1",
        "completion tcsh",
        "upload file --name w --version 1 --timeout 5s",
        "upload file --name w --version 1 --wait-active 101%",
        "upload file --name w --version 1 --wait-active 0",
        "upload file --name w --version 1 --wait-active most"
      })
  void wrongUsageIsOneLineAndExitCode2(String line) {
    assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ")), this::err);
    assertEquals("", out());
    assertTrue(err().startsWith("cpctl: "), this::err);
    assertTrue(err().lines().count() <= 2, this::err);
  }

  @ParameterizedTest
  @CsvSource({
    "compact all, REVISION: \"all\" is not a whole number",
    "compact 99999999999999999999, REVISION: \"99999999999999999999\" is not a whole number that",
    "subscribe --id x --count many, --count: \"many\" is not a whole number",
    "agent --id x --dir d --keep 1.5, --keep: \"1.5\" is not a whole number"
  })
  void aNumberThatIsNoneIsToldWithItsOption(String line, String told) {
    assertEquals(2, run(line.split(" ")));
    assertTrue(err().startsWith("cpctl: " + told), this::err);
  }

  @Test
  void anotherServerAtAnAddressDoesNotFit() throws Exception {
    try (FakeServer _ =
        server(
            exchange ->
                FakeServer.json(
                    exchange, 200, "{\"name\":\"upload-server\",\"version\":\"0.1.0\"}"))) {
      assertEquals(1, run("version"), this::err);
      assertTrue(
          out()
              .contains(
                  "\n"
                      + "upload-server answers at the address of consumer-server: correct"
                      + " --consumer-url or CPCTL_CONSUMER_URL\n"),
          this::out);
    }
  }

  @Test
  void anOptionGoesBeforeAVariableAndAVariableBeforeTheDefault() throws Exception {
    try (FakeServer server = server(exchange -> FakeServer.json(exchange, 404, "{}"))) {
      assertEquals(4, run("info", "w"));
      assertEquals(3, run("info", "w", "--consumer-url", "http://127.0.0.1:1"));
      assertEquals(4, run("--consumer-url", server.url() + "/behind/", "info", "w"));
      assertEquals(List.of("GET /file/w/info", "GET /behind/file/w/info"), server.requests());
    }
    environment.put("CPCTL_CONSUMER_URL", "nonsense");
    assertEquals(2, run("info", "w"));
    assertTrue(err().contains("CPCTL_CONSUMER_URL: \"nonsense\" is not"), this::err);
  }

  @Test
  void aServerThatIsNotThereIsNamedWithItsOptions() {
    environment.put("CPCTL_UPLOAD_URL", "http://127.0.0.1:1");
    assertEquals(3, run("delete", "w", "v", "--yes"));
    assertEquals(
        "cpctl: upload-server at http://127.0.0.1:1: connection refused"
            + " (--upload-url or CPCTL_UPLOAD_URL sets the address)\n",
        err());
  }

  @Test
  void theServersReasonIsOneLineEvenWhereItIsMore() throws Exception {
    try (FakeServer _ =
        server(
            exchange ->
                FakeServer.json(
                    exchange,
                    404,
                    "{\"error\":\"not_found\",\"message\":\"no\\nsuch \\u001b[31mworker\"}"))) {
      assertEquals(4, run("info", "w"));
      assertEquals("cpctl: no such ?[31mworker\n", err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-rf", "--json", "@file", "'quoted'", "${sys:user.home}", "a b", "é"})
  void anyNameCanBeGiven(String name) throws Exception {
    String body = metadata("w", "1", "x");
    try (FakeServer server = server(exchange -> FakeServer.json(exchange, 200, body))) {
      assertEquals(0, run("info", "--", name), this::err);
      assertEquals(
          "/file/" + name + "/info",
          java.net.URI.create(server.url() + server.requests().getFirst().substring(4)).getPath());
    }
  }

  @Test
  void aNameWithAnAtSignIsNotAFileOfArguments() throws Exception {
    Path arguments = Files.writeString(directory.resolve("arguments"), "--help");
    assertEquals(2, run("info", "@" + arguments));
    assertTrue(err().contains("the worker's name contains \"/\""), this::err);
  }

  @Test
  void uploadTellsWhatIsStored() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "hello");
    String answer =
        "{\"success\":true,\"message\":\"published\",\"metadata\":%s,\"created\":true,\"revision\":9}"
            .formatted(metadata("w", "-1", "hello"));
    try (FakeServer server = server(exchange -> FakeServer.json(exchange, 200, answer))) {
      assertEquals(0, run("upload", file.toString(), "--name=w", "--version=-1"), this::err);
      assertEquals(
          "w -1 published: 5 B, sha256 %s, revision 9\n"
              .formatted(sha256("hello".getBytes(StandardCharsets.UTF_8))),
          out());
      assertEquals(0, run("upload", file.toString(), "--name", "w", "--version", "-1", "--json"));
      JsonNode json = new ObjectMapper().readTree(out());
      assertEquals(new ObjectMapper().readTree(answer), json);
      assertEquals(1, out().lines().count());
      assertEquals(
          List.of("PUT /workers/w/versions/-1", "PUT /workers/w/versions/-1"), server.requests());
    }
  }

  @Test
  void uploadReadsStdinForADash() throws Exception {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    String answer =
        "{\"success\":true,\"message\":\"\",\"metadata\":%s,\"created\":false,\"revision\":9}"
            .formatted(metadata("w", "1", "stdin"));
    try (FakeServer _ =
        server(
            exchange -> {
              exchange.getRequestBody().transferTo(received);
              FakeServer.json(exchange, 200, answer);
            })) {
      assertEquals(0, run("upload", "-", "--name", "w", "--version", "1"), this::err);
      assertEquals("stdin", received.toString(StandardCharsets.UTF_8));
      assertTrue(out().startsWith("w 1 unchanged"), this::out);
    }
  }

  @Test
  void aFileThatCannotBeReadIsNamed() {
    Path missing = directory.resolve("missing");
    assertEquals(1, run("upload", missing.toString(), "--name", "w", "--version", "1"));
    assertEquals("cpctl: " + missing + ": no such file\n", err());
    assertEquals(1, run("upload", directory.toString(), "--name", "w", "--version", "1"));
    assertEquals("cpctl: " + directory + " is a directory; a version is one file\n", err());
  }

  private static void hello(com.sun.net.httpserver.HttpExchange exchange)
      throws java.io.IOException {
    exchange
        .getResponseHeaders()
        .set("X-File-Checksum", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    exchange.getResponseHeaders().set("X-File-Version", "1");
    exchange.sendResponseHeaders(200, 5);
    exchange.getResponseBody().write("hello".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void getWritesTheBytesAndNothingElseToStdout() throws Exception {
    try (FakeServer server = server(CpctlTest::hello)) {
      assertEquals(0, run("get", "w"), this::err);
      assertArrayEquals("hello".getBytes(StandardCharsets.UTF_8), out.toByteArray());
      assertEquals(0, run("get", "w", "1", "-o", "-"), this::err);
      assertEquals("hello", out());
      assertEquals(0, run("get", "w", "--version", "1"), this::err);
      assertEquals("hello", out());
      assertEquals(
          List.of("GET /file/w", "GET /file/w/version/1", "GET /file/w/version/1"),
          server.requests());
      assertEquals("", err());
    }
  }

  @Test
  void getWritesAFileAndTellsOfIt() throws Exception {
    Path file = directory.resolve("file");
    try (FakeServer _ = server(CpctlTest::hello)) {
      assertEquals(0, run("get", "w", "-o", file.toString(), "--json"), this::err);
      assertEquals("hello", Files.readString(file));
      JsonNode json = new ObjectMapper().readTree(out());
      assertEquals("1", json.path("version").asText());
      assertEquals(file.toString(), json.path("file").asText());
      assertEquals(5, json.path("size").asInt());
      assertEquals(1, run("get", "w", "-o", directory.toString()));
      assertEquals(1, run("get", "w", "-o", directory.resolve("no/such").toString()));
    }
  }

  @Test
  void versionsAreReadToTheLastPageAndTheLatestIsMarked() throws Exception {
    try (FakeServer server =
        server(
            exchange -> {
              boolean first = !exchange.getRequestURI().toString().contains("after=");
              try {
                FakeServer.json(
                    exchange,
                    200,
                    "{\"filename\":\"w\",\"latest\":\"1.9\",\"versions\":[%s],\"next\":%s}"
                        .formatted(
                            metadata("w", first ? "1.10" : "1.9", "x"),
                            first ? "\"1.10&b\"" : "null"));
              } catch (Exception e) {
                throw new java.io.IOException(e);
              }
            })) {
      assertEquals(0, run("versions", "w"), this::err);
      List<String> lines = out().lines().toList();
      assertEquals(3, lines.size());
      assertTrue(lines.get(0).startsWith("   VERSION  SIZE  UPLOADED"), this::out);
      assertTrue(lines.get(1).startsWith("   1.10     1 B   2026-11-23"), this::out);
      assertTrue(lines.get(2).startsWith("*  1.9      1 B   2026-11-23"), this::out);
      assertTrue(
          server.requests().getLast().endsWith("?limit=1000&after=1.10%26b"),
          () -> server.requests().toString());
      assertEquals(0, run("versions", "w", "--json"));
      JsonNode json = new ObjectMapper().readTree(out());
      assertEquals("1.9", json.path("latest").asText());
      assertEquals(2, json.path("versions").size());
    }
  }

  @Test
  void aListingFollowsAServerWhosePagesAreSmaller() throws Exception {
    try (FakeServer server =
        server(
            exchange -> {
              String query = exchange.getRequestURI().getQuery();
              if (query != null && query.contains("limit=1000")) {
                FakeServer.json(
                    exchange, 400, "{\"error\":\"invalid_limit\",\"message\":\"1 to 1\"}");
                return;
              }
              boolean first = query == null;
              try {
                FakeServer.json(
                    exchange,
                    200,
                    "{\"files\":[%s],\"next\":%s}"
                        .formatted(metadata(first ? "a" : "b", "1", "x"), first ? "\"a\"" : null));
              } catch (Exception e) {
                throw new java.io.IOException(e);
              }
            })) {
      assertEquals(0, run("list"), this::err);
      assertEquals(3, out().lines().count(), this::out);
      assertEquals(
          List.of("GET /files?limit=1000", "GET /files", "GET /files?after=a"), server.requests());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http_proxy", "all_proxy", "ALL_PROXY"})
  void aProxyOfTheEnvironmentIsAsked(String variable) throws Exception {
    String body = metadata("w", "1", "hello");
    String published =
        "{\"success\":true,\"message\":\"\",\"metadata\":%s,\"created\":true,\"revision\":9}"
            .formatted(body);
    Path file = Files.writeString(directory.resolve("file"), "hello");
    try (FakeServer proxy =
        new FakeServer(
            exchange ->
                FakeServer.json(
                    exchange, 200, exchange.getRequestMethod().equals("PUT") ? published : body))) {
      environment.put(variable, proxy.url().substring("http://".length()));
      environment.put("CPCTL_CONSUMER_URL", "http://consumer.invalid");
      environment.put("CPCTL_UPLOAD_URL", "http://upload.invalid:81");
      assertEquals(0, run("info", "w"), this::err);
      assertEquals(0, run("upload", file.toString(), "--name=w", "--version=1"), this::err);
      assertEquals(
          List.of(
              "GET http://consumer.invalid/file/w/info",
              "PUT http://upload.invalid:81/workers/w/versions/1"),
          proxy.requests());
      environment.put("no_proxy", "localhost,.invalid");
      assertEquals(3, run("info", "w"));
      assertTrue(err().contains("consumer.invalid: unknown host"), this::err);
      assertEquals(2, proxy.requests().size());
    }
  }

  @Test
  void aProxyThatCannotBeUsedIsWrongUsage() {
    environment.put("https_proxy", "socks5://me:secret@proxy:1080");
    assertEquals(2, run("info", "w"));
    assertTrue(err().startsWith("cpctl: https_proxy is \"socks5://proxy:1080\"; only"), this::err);
  }

  @Test
  void aConsumerIsForgotten() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    try (FakeServer _ =
        server(
            exchange -> {
              asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
              exchange.sendResponseHeaders(204, -1);
              exchange.close();
            })) {
      assertEquals(0, run("consumers", "forget", "a b"), this::err);
      assertEquals("a b forgotten\n", out());
      assertEquals(List.of("DELETE /consumers/a%20b"), asked);
    }
  }

  @Test
  void consumersAreATableOrOneObject() throws Exception {
    String answer =
        """
        {"consumers":[{"consumer_id":"日本","endpoint":null,"connected":true,"streams":2,\
        "last_seen":"2026-11-23T12:00:00Z","last_revision":7},\
        {"consumer_id":"b","endpoint":"x","connected":false,"streams":0,\
        "last_seen":null,"last_revision":0}],"next":null}\
        """;
    try (FakeServer _ = server(exchange -> FakeServer.json(exchange, 200, answer))) {
      assertEquals(0, run("consumers"), this::err);
      assertEquals(
          """
          CONSUMER  CONNECTED  STREAMS  LAST REVISION  LAST SEEN             ENDPOINT
          日本      yes        2        7              2026-11-23T12:00:00Z  -
          b         no         0        0              -                     x
          """,
          out());
      assertEquals(0, run("consumers", "--json"));
      JsonNode json = new ObjectMapper().readTree(out());
      assertTrue(json.path("consumers").path(0).path("connected").asBoolean());
      assertTrue(json.path("consumers").path(1).path("last_seen").isNull());
    }
  }

  private static String stated(String worker, String consumer, String state, int lag) {
    return """
    {"consumer_id":"%s","worker_name":"%s","desired":%s,"acknowledged":null,"active":null,\
    "rejected":null,"code":null,"message":null,"state":%s,"lag_revisions":%d,"lag_seconds":0,\
    "delivered_revision":7,"delivered":%s,"last_seen":"2026-11-23T12:00:00Z"}\
    """
        .formatted(
            consumer,
            worker,
            state == null ? "null" : "\"2\"",
            state == null ? "null" : "\"" + state + "\"",
            lag,
            lag == 0);
  }

  /** A server with rows of consumers that are up to date, and of others. */
  private FakeServer rows(List<String> upToDate, List<String> lagging) throws Exception {
    return server(
        exchange ->
            FakeServer.json(
                exchange,
                200,
                "{\"rows\":[%s],\"next\":null}"
                    .formatted(
                        String.join(
                            ",",
                            exchange.getRequestURI().getQuery().contains("lagging=false")
                                ? upToDate
                                : lagging))));
  }

  @Test
  void statusCountsDeliveredApartFromLagging() throws Exception {
    try (FakeServer _ =
        rows(
            List.of(
                stated("w", "a", "active", 0),
                stated("w", "b", "delivered", 0),
                stated("w", "c", "delivered", 0),
                stated("hoped", "a", null, 0)),
            List.of(
                stated("w", "d", "lagging", 3),
                stated("w", "e", "behind", 1),
                stated("w", "f", "rejected", 1)))) {
      assertEquals(0, run("status"), this::err);
      assertEquals(
          """
          hoped has no version yet: 1 consumer waiting
          w 2: 1 of 3 active, 1 rejected, 1 lagging, 2 delivered, 1 behind
          """,
          out());
      assertEquals(0, run("status", "--wide"), this::err);
      assertTrue(out().contains("a         w       2        -             -       active"), out());
      assertEquals(0, run("status", "--json"), this::err);
      JsonNode row = new ObjectMapper().readTree(out()).path("rows").path(0);
      assertEquals("lagging", row.path("state").asText());
      assertEquals(7, row.path("delivered_revision").asLong());
      assertFalse(row.path("delivered").asBoolean(true));
    }
  }

  private static String deleted(String worker, String consumer, String deletion) {
    return """
    {"consumer_id":"%s","worker_name":"%s","desired":null,"acknowledged":"1","active":"1",\
    "rejected":null,"code":null,"message":null,"state":null,"lag_revisions":0,"lag_seconds":0,\
    "delivered_revision":7,"delivered":true,"deletion":"%s","last_seen":"2026-11-23T12:00:00Z"}\
    """
        .formatted(consumer, worker, deletion);
  }

  @Test
  void statusOfADeletedWorkerSaysWhoWasSentTheDeletion() throws Exception {
    try (FakeServer _ =
        rows(
            List.of(
                deleted("gone", "a", "sent"),
                deleted("left", "a", "sent"),
                deleted("left", "b", "pending")),
            List.of())) {
      assertEquals(0, run("status"), this::err);
      assertEquals(
          """
          gone is deleted: deletion sent to 1 of 1 consumer
          left is deleted: deletion sent to 1 of 2 consumers, 1 may still have it
          """,
          out());
      assertEquals(0, run("status", "--wide", "--utc"), this::err);
      assertEquals(
          """
          CONSUMER  WORKER  DESIRED  ACKNOWLEDGED  ACTIVE  STATE             LAG  LAST SEEN             REJECTED
          a         gone    -        -             -       deletion sent     0    2026-11-23T12:00:00Z  -
          a         left    -        -             -       deletion sent     0    2026-11-23T12:00:00Z  -
          b         left    -        1             1       deletion pending  0    2026-11-23T12:00:00Z  -
          """,
          out());
      assertEquals(0, run("status", "--json"), this::err);
      JsonNode row = new ObjectMapper().readTree(out()).path("rows").path(2);
      assertEquals("pending", row.path("deletion").asText());
      assertEquals("1", row.path("active").asText());
    }
  }

  private static String row(String consumer, String active, String rejected, int lag) {
    return """
    {"consumer_id":"%s","worker_name":"w","desired":"2","acknowledged":"2","active":%s,\
    "rejected":%s,"code":"3","message":"no","lag_revisions":%d,"lag_seconds":%d,\
    "last_seen":"2026-11-23T12:00:00Z"}\
    """
        .formatted(consumer, active, rejected, lag, lag * 10);
  }

  @Test
  void statusIsTheMatrixOrTheRowsAskedFor() throws Exception {
    try (FakeServer server =
        server(
            exchange -> {
              String query = exchange.getRequestURI().getQuery();
              boolean calm = query.contains("lagging=false");
              boolean more = calm && !query.contains("after=");
              FakeServer.json(
                  exchange,
                  200,
                  "{\"rows\":[%s],\"next\":%s}"
                      .formatted(
                          calm
                              ? row(more ? "consumer-b" : "consumer-c", "\"2\"", "null", 0)
                              : row("a", "\"1\"", "\"2\"", 4),
                          more ? "\"b w\"" : "null"));
            })) {
      assertEquals(0, run("status"), this::err);
      assertEquals("w 2: 2 of 3 active, 1 rejected\n", out());
      assertEquals(0, run("status", "--wide"), this::err);
      assertEquals(
          """
          CONSUMER    WORKER  DESIRED  ACKNOWLEDGED  ACTIVE  STATE  LAG      LAST SEEN             REJECTED
          a           w       2        2             1       -      4, 40 s  2026-11-23T12:00:00Z  2: exit code 3: no
          consumer-b  w       2        2             2       -      0        2026-11-23T12:00:00Z  -
          consumer-c  w       2        2             2       -      0        2026-11-23T12:00:00Z  -
          """,
          out());
      assertEquals(0, run("status", "--worker", "w", "--lagging", "--json"));
      JsonNode rows = new ObjectMapper().readTree(out()).path("rows");
      assertEquals("1", rows.path(0).path("active").asText());
      assertEquals(0, run("status", "--consumer", "a b", "--rejected"));
      assertEquals(
          List.of(
              "GET /consumers?limit=1000&lagging=true",
              "GET /consumers?limit=1000&lagging=false",
              "GET /consumers?limit=1000&after=b%20w&lagging=false",
              "GET /consumers?limit=1000&lagging=true",
              "GET /consumers?limit=1000&lagging=false",
              "GET /consumers?limit=1000&after=b%20w&lagging=false",
              "GET /workers/w/consumers?limit=1000&lagging=true",
              "GET /consumers/a%20b?limit=1000&rejected=true"),
          server.requests());
    }
  }

  /** A log of a hundred updates, a minute apart, the last half a minute ago. */
  private static void log(com.sun.net.httpserver.HttpExchange exchange, long compacted)
      throws java.io.IOException {
    Map<String, Long> query = new HashMap<>();
    for (String pair : exchange.getRequestURI().getQuery().split("&", -1)) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], parts[0].equals("worker") ? 0 : Long.parseLong(parts[1]));
    }
    long after = query.get("after");
    if (after < compacted) {
      FakeServer.json(
          exchange, 410, "{\"error\":\"compacted\",\"message\":\"the log begins after 40\"}");
      return;
    }
    StringBuilder updates = new StringBuilder();
    long last = Math.min(100, after + Math.min(20, query.get("limit")));
    for (long revision = after + 1; revision <= last; revision++) {
      updates
          .append(updates.isEmpty() ? "" : ",")
          .append(
              """
              {"revision":%d,"kind":"rolled_back","worker_name":"w","version":"1","checksum":"c",\
              "size":3,"timestamp":"%s","latest":"1"}\
              """
                  .formatted(
                      revision, java.time.Instant.now().minusSeconds(60 * (101 - revision) - 30)));
    }
    FakeServer.json(
        exchange,
        200,
        "{\"updates\":[%s],\"next\":%s,\"head\":100,\"compacted\":%d}"
            .formatted(updates, last < 100 ? "\"" + last + "\"" : "null", compacted));
  }

  @Test
  void eventsAreListedFromARevisionToTheEnd() throws Exception {
    try (FakeServer server = server(exchange -> log(exchange, 40))) {
      assertEquals(0, run("events", "--since", "40"), this::err);
      assertEquals(60, out().lines().count());
      assertTrue(
          out().lines().toList().getFirst().endsWith("revision 41  rolled back  w 1  3 B"),
          this::out);
      assertEquals(3, server.requests().size());
      assertEquals(0, run("events", "--since", "98", "--worker", "w", "--json"));
      assertEquals(
          List.of(99, 100),
          out().lines().map(line -> json(line).path("revision").asInt()).toList());
      assertTrue(server.requests().getLast().endsWith("&worker=w"), server.requests()::toString);
      assertEquals(0, run("events", "--since", "0"), this::err);
      assertEquals(60, out().lines().count());
      terminal = new FakeTerminal(200);
      assertEquals(0, run("events", "--since", "99"), this::err);
      assertTrue(
          out().endsWith("  revision 100  \u001B[33mrolled back\u001B[0m  w 1  3 B\n"), this::out);
      terminal = Terminal.NONE;
      assertEquals(1, run("events", "--since", "39"));
      assertEquals(
          "cpctl: --since 39: the updates up to revision 40 were compacted away; the oldest that is"
              + " left is revision 41; cpctl list shows the latest versions. --since 0 lists all"
              + " that is left\n",
          err());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,   0,   ''",
    "0,   40,  'the updates up to revision 40 were compacted away; the oldest that is left is"
        + " revision 41'",
    "0,   100, 'the updates up to revision 100 were compacted away; none is left'",
    "2h,  40,  'updates since 2h may be missing before the oldest that is left: the log was"
        + " compacted'",
    "30m, 40,  ''",
    "5s,  100, 'no update since 5s is left: the log was compacted'",
  })
  void eventsSayWhatIsCompactedAway(String since, long compacted, String told) throws Exception {
    try (FakeServer _ = server(exchange -> log(exchange, compacted))) {
      assertEquals(0, run("events", "--since", since), this::err);
      assertEquals(
          told.isEmpty() ? "" : "cpctl: " + told + "; cpctl list shows the latest versions\n",
          err());
    }
  }

  private static JsonNode json(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (java.io.IOException e) {
      throw new AssertionError(line, e);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 40, 99, 100})
  void eventsOfATimeAreFoundInTheLog(long compacted) throws Exception {
    try (FakeServer _ = server(exchange -> log(exchange, compacted))) {
      assertEquals(0, run("events", "--since", "30m", "--json"), this::err);
      long first = Math.max(compacted + 1, 71);
      assertEquals(Math.max(0, 101 - first), out().lines().count(), this::out);
      if (first <= 100) {
        assertEquals(first, json(out().lines().toList().getFirst()).path("revision").asLong());
      }
      assertEquals(0, run("events", "--since", "7d", "--json"), this::err);
      assertEquals(100 - compacted, out().lines().count(), this::out);
      assertEquals(0, run("events", "--since", "5s", "--json"), this::err);
      assertEquals("", out());
    }
  }

  @Test
  void maintenanceIsAskedForAndTold() throws Exception {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    try (FakeServer server =
        server(
            exchange -> {
              exchange.getRequestBody().transferTo(received);
              FakeServer.json(
                  exchange,
                  200,
                  "{\"dry_run\":true,\"examined\":7,\"removed\":2,\"bytes\":2048,"
                      + "\"digests\":[\"x\"],\"compacted\":5,\"head\":9}");
            })) {
      assertEquals(0, run("gc", "--dry-run"), this::err);
      assertEquals("2 files of 7 would go, 2.0 KiB\n", out());
      assertEquals(0, run("gc", "--json"), this::err);
      assertEquals("x", json(out()).path("digests").path(0).asText());
      assertEquals(0, run("compact", "5"), this::err);
      assertEquals("updates up to revision 5 are removed: the log has revisions 6 to 9\n", out());
      assertEquals(
          "{\"dry_run\":true}{\"dry_run\":false}{\"revision\":5}",
          received.toString(StandardCharsets.UTF_8));
      assertEquals(
          List.of("POST /maintenance/gc", "POST /maintenance/gc", "POST /maintenance/compact"),
          server.requests());
    }
  }

  @Test
  void rollbackSendsTheVersionAndTellsTheRevision() throws Exception {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    try (FakeServer server =
        server(
            exchange -> {
              exchange.getRequestBody().transferTo(received);
              FakeServer.json(exchange, 200, "{\"success\":true,\"revision\":12}");
            })) {
      assertEquals(0, run("rollback", "w", "1\"0"), this::err);
      assertEquals("w 1\"0 is the latest, revision 12\n", out());
      assertEquals("{\"version\":\"1\\\"0\"}", received.toString(StandardCharsets.UTF_8));
      assertEquals(0, run("rollback", "w", "--version", "1\"0"), this::err);
      assertEquals(0, run("delete", "w", "1", "--yes", "--json"));
      assertEquals(12, new ObjectMapper().readTree(out()).path("revision").asInt());
      assertEquals(
          List.of("PUT /workers/w/latest", "PUT /workers/w/latest", "DELETE /workers/w/versions/1"),
          server.requests());
    }
  }

  @Test
  void retryNamesTheOnlyConsumerIfThereIsOne() throws Exception {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    try (FakeServer server =
        server(
            exchange -> {
              exchange.getRequestBody().transferTo(received);
              FakeServer.json(exchange, 200, "{\"success\":true,\"revision\":12}");
            })) {
      assertEquals(0, run("retry", "w", "1.0"), this::err);
      assertEquals("w 1.0 is tried again by consumers that rejected it, revision 12\n", out());
      assertEquals("{}", received.toString(StandardCharsets.UTF_8));
      received.reset();
      assertEquals(0, run("retry", "w", "1.0", "--consumer", "edge-17"), this::err);
      assertEquals("w 1.0 is tried again by edge-17, revision 12\n", out());
      assertEquals("{\"consumer_id\":\"edge-17\"}", received.toString(StandardCharsets.UTF_8));
      assertEquals(0, run("retry", "w", "1.0", "--json"), this::err);
      assertEquals(12, new ObjectMapper().readTree(out()).path("revision").asInt());
      assertEquals(2, run("retry", "w", "1.0", "--consumer", ""), this::err);
      assertEquals("POST /workers/w/versions/1.0/retry", server.requests().getFirst());
      assertEquals(4, server.requests().size());
    }
  }

  @Test
  void rollbackWithoutAVersionGoesToTheOneBeforeTheLatest() throws Exception {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    String newer = metadata("w", "3", "x") + "," + metadata("w", "2", "x");
    String older = metadata("w", "1", "x");
    try (FakeServer _ =
        server(
            exchange -> {
              if (exchange.getRequestMethod().equals("PUT")) {
                exchange.getRequestBody().transferTo(received);
                FakeServer.json(exchange, 200, "{\"success\":true,\"revision\":12}");
                return;
              }
              boolean more = exchange.getRequestURI().toString().contains("after");
              FakeServer.json(
                  exchange,
                  200,
                  "{\"filename\":\"w\",\"latest\":\"2\",\"versions\":[%s],\"next\":%s}"
                      .formatted(more ? older : newer, more ? "null" : "\"2\""));
            })) {
      assertEquals(0, run("rollback", "w"), this::err);
      assertEquals("w 1 is the latest, revision 12\n", out());
      assertEquals("{\"version\":\"1\"}", received.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void rollbackOfAnOnlyVersionIsToldFromWhatThereIs() throws Exception {
    String only = metadata("w", "2", "x");
    try (FakeServer _ =
        server(
            exchange ->
                FakeServer.json(
                    exchange,
                    200,
                    "{\"filename\":\"w\",\"latest\":\"2\",\"versions\":[%s],\"next\":null}"
                        .formatted(only)))) {
      assertEquals(4, run("rollback", "w"), this::err);
      assertTrue(err().contains("w has no version before the latest"), this::err);
    }
  }

  @Test
  void theCompletionScriptKnowsTheCommands() {
    assertEquals(0, run("generate-completion"));
    assertTrue(
        out().contains("subscribe") && out().contains("--save") && out().contains("--exec-timeout"),
        this::out);
    assertTrue(out().contains("complete -F _complete_cpctl"), this::out);
  }

  @Test
  void theCompletionForFishKnowsTheCommandsAndTheirOptions() {
    assertEquals(0, run("completion", "fish"));
    assertTrue(
        out().contains("complete -c cpctl -f -n '__fish_use_subcommand' -a 'upload' -d 'Publishes"),
        this::out);
    assertTrue(
        out()
            .contains(
                "complete -c cpctl -n '__fish_seen_subcommand_from agent' -l exec-timeout -r"),
        this::out);
    assertTrue(out().contains("seen_subcommand_from consumers' -a 'forget'"), this::out);
  }

  @Test
  void versionTellsWhichServersFit() throws Exception {
    try (FakeServer server =
        server(
            exchange -> FakeServer.json(exchange, 200, "{\"name\":\"s\",\"version\":\"9.1.2\"}"))) {
      environment.put("CPCTL_CONSUMER_URL", "http://127.0.0.1:1");
      assertEquals(3, run("version"), this::err);
      List<String> lines = out().lines().toList();
      assertEquals("upload-server 9.1.2, does not fit", lines.get(1));
      assertEquals(
          "consumer-server at http://127.0.0.1:1: connection refused", lines.get(2), this::out);
      assertEquals("grpc-server 9.1.2, does not fit", lines.get(3));
      assertEquals(3, run("version", "--json"));
      JsonNode json = json(out());
      assertEquals("9.1.2", json.path("servers").path(0).path("version").asText());
      assertTrue(server.requests().contains("GET /version"), server.requests()::toString);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.1.0, 0.1.7, true",
    "0.1.0, 0.2.0, false",
    "1.0.0, 1.9.0, true",
    "1.0.0, 2.0.0, false",
    "0.1.0-SNAPSHOT, 0.1.0, true"
  })
  void releasesFitByTheNumbersThatTheApiGoesBy(String server, String client, boolean fits) {
    assertEquals(fits, new ServerVersion("s", server).fits(client));
  }

  @ParameterizedTest
  @CsvSource({"95%, 7", "66%, 0", "2, 0", "3, 7"})
  void uploadWaitsUntilEnoughConsumersRunTheVersion(String share, int code) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "hello");
    String published =
        "{\"success\":true,\"message\":\"\",\"metadata\":%s,\"created\":true,\"revision\":9}"
            .formatted(metadata("w", "2", "hello"));
    AtomicInteger looks = new AtomicInteger();
    try (FakeServer _ =
        server(
            exchange -> {
              if (exchange.getRequestMethod().equals("PUT")) {
                FakeServer.json(exchange, 200, published);
                return;
              }
              String second = looks.incrementAndGet() < 3 ? "\"1\"" : "\"2\"";
              FakeServer.json(
                  exchange,
                  200,
                  // The last one never reports, so nobody waits for it.
                  "{\"rows\":[%s,%s,%s,%s],\"next\":null}"
                      .formatted(
                          row("a", "\"2\"", "null", 0),
                          row("b", second, "null", 1),
                          row("c", "\"1\"", share.equals("95%") ? "\"2\"" : "null", 1),
                          stated("w", "d", "behind", 1)));
            })) {
      String[] command = {
        "upload", file.toString(), "--name=w", "--version=2", "--wait-active", share
      };
      List<String> line = new ArrayList<>(List.of(command));
      if (share.equals("3")) {
        line.addAll(List.of("--timeout", "2s"));
      }
      assertEquals(code, run(line.toArray(String[]::new)), this::err);
      assertTrue(out().startsWith("w 2 published"), this::out);
      String last = err().lines().toList().getLast();
      switch (share) {
        case "95%" -> assertTrue(last.endsWith("too many have rejected it: 3 no"), last);
        case "3" ->
            assertTrue(last.startsWith("cpctl: 2 of 3 consumers run version 2 after"), last);
        default -> assertEquals("cpctl: 2 of 3 consumers run version 2, enough", last);
      }
    }
  }

  @Test
  void timesAreLocalUnlessUtcIsAskedForAndJsonKeepsTheServers() throws Exception {
    TimeZone before = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kolkata"));
    String body = metadata("w", "1", "x");
    try (FakeServer _ = server(exchange -> FakeServer.json(exchange, 200, body))) {
      assertEquals(0, run("info", "w"), this::err);
      assertTrue(out().contains("uploaded  2026-11-23T17:30:00+05:30\n"), this::out);
      assertEquals(0, run("info", "w", "--utc"), this::err);
      assertTrue(out().contains("uploaded  2026-11-23T12:00:00Z\n"), this::out);
      assertEquals(0, run("info", "w", "--json"), this::err);
      assertEquals("2026-11-23T12:00:00.000Z", json(out()).path("uploaded_at").asText());
    } finally {
      TimeZone.setDefault(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"34, 34", "'', 38", "nonsense, 38"})
  void aListingHasTheWidthOfTheTerminal(String variable, int columns) throws Exception {
    String body = "{\"files\":[%s],\"next\":null}".formatted(metadata("greeter.js", "1", "x"));
    environment.put("COLUMNS", variable);
    environment.put("TERM", "dumb");
    terminal = new FakeTerminal(38);
    try (FakeServer _ = server(exchange -> FakeServer.json(exchange, 200, body))) {
      assertEquals(0, run("list", "--utc"), this::err);
      assertEquals(
          """
          NAME      greeter.js
          LATEST    1
          SIZE      1 B
          UPLOADED  2026-11-23T12:00:00Z
          """,
          out());
      assertTrue(out().lines().allMatch(line -> line.length() <= columns), this::out);
    }
  }

  @Test
  void anArgumentThatTheLocaleHasBrokenIsNotUsed() {
    assertEquals(2, run("info", "w\uFFFD"));
    assertTrue(err().contains("LC_ALL=C.UTF-8"), this::err);
  }
}
