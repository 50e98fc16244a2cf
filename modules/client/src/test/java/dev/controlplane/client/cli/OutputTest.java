package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.FakeServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a command whose standard output takes nothing. */
class OutputTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** Takes some bytes, and then fails as the system does. */
  private static final class Broken extends OutputStream {
    private final String reason;
    private int room;

    Broken(String reason, int room) {
      this.reason = reason;
      this.room = room;
    }

    @Override
    public void write(int b) throws IOException {
      if (room-- <= 0) {
        throw new IOException(reason);
      }
    }
  }

  private int run(OutputStream out, String line) {
    err.reset();
    Session session =
        new Session(
            new ByteArrayInputStream(new byte[0]),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment);
    return new Cpctl(session).run(line.split(" "));
  }

  private FakeServer server(FakeServer.Handler handler) throws IOException {
    FakeServer server = new FakeServer(handler);
    for (String variable :
        List.of("CPCTL_UPLOAD_URL", "CPCTL_CONSUMER_URL", "CPCTL_GRPC_HTTP_URL")) {
      environment.put(variable, server.url());
    }
    return server;
  }

  private static void anything(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
    String version =
        "{\"filename\":\"w\",\"version\":\"1\",\"checksum\":\"c\",\"filepath\":\"/f\",\"size\":1,"
            + "\"uploaded_at\":\"2026-11-23T12:00:00Z\"}";
    String consumer =
        "{\"consumer_id\":\"c\",\"endpoint\":\"\",\"connected\":true,\"streams\":1,"
            + "\"last_seen\":\"2026-11-23T12:00:00Z\",\"last_revision\":1,\"worker_name\":\"w\","
            + "\"desired\":\"1\",\"acknowledged\":\"1\",\"active\":\"1\",\"rejected\":null,"
            + "\"code\":null,\"message\":null,\"lag_revisions\":0,\"lag_seconds\":0}";
    FakeServer.json(
        exchange,
        200,
        ("{\"filename\":\"w\",\"version\":\"1\",\"checksum\":\"c\",\"filepath\":\"/f\",\"size\":1,"
                + "\"uploaded_at\":\"2026-11-23T12:00:00Z\",\"latest\":\"1\",\"files\":[%s],"
                + "\"versions\":[%s],\"consumers\":[%s],"
                + "\"rows\":[%s],\"next\":null,\"revision\":1,"
                + "\"dry_run\":true,\"examined\":1,\"removed\":0,\"bytes\":0,\"digests\":[],"
                + "\"compacted\":0,\"head\":1,\"updates\":[{\"revision\":1,\"kind\":\"published\","
                + "\"worker_name\":\"w\",\"version\":\"1\",\"checksum\":\"c\",\"size\":1,"
                + "\"timestamp\":\"2026-11-23T12:00:00Z\",\"latest\":\"1\"}]}")
            .formatted(version, version, consumer, consumer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "info w",
        "info w --json",
        "list",
        "list --json",
        "versions w",
        "versions w --json",
        "consumers",
        "status --wide",
        "events --since 0",
        "events --since 0 --follow",
        "rollback w 1",
        "delete w 1 --yes",
        "gc",
        "compact 1",
        "generate-completion",
        "--help",
        "upload --help",
        "--version"
      })
  void aCommandWhoseOutputDoesNotFitFailsAndSaysWhy(String line) throws Exception {
    try (FakeServer _ = server(OutputTest::anything)) {
      assertEquals(1, run(new Broken("No space left on device", 3), line));
      assertEquals(
          "cpctl: standard output: No space left on device\n",
          err.toString(StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"info w", "list", "list --json", "events --since 0 --follow", "--help"})
  void aCommandWhoseReaderHasGoneEndsInSilence(String line) throws Exception {
    try (FakeServer _ = server(OutputTest::anything)) {
      assertEquals(141, run(new Broken("Broken pipe", 3), line));
      assertEquals("", err.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void aListingStopsAtThePageThatCouldNotBeWritten() throws Exception {
    try (FakeServer server =
        server(
            exchange ->
                FakeServer.json(
                    exchange,
                    200,
                    "{\"files\":[{\"filename\":\"w\",\"version\":\"1\",\"checksum\":\"c\","
                        + "\"filepath\":\"/f\",\"size\":1,\"uploaded_at\":\"now\"}],"
                        + "\"next\":\"w\"}"))) {
      assertEquals(141, run(new Broken("Broken pipe", 120), "list"));
      assertTrue(server.requests().size() <= 5, server.requests()::toString);
    }
  }

  @Test
  void aTransferStopsWhereItsReaderHasGone() throws Exception {
    long size = 1L << 40;
    try (FakeServer _ =
        server(
            exchange -> {
              exchange.getResponseHeaders().set("X-File-Checksum", "0".repeat(64));
              exchange.getResponseHeaders().set("X-File-Version", "1");
              exchange.sendResponseHeaders(200, size);
              byte[] piece = new byte[1 << 16];
              for (long sent = 0; sent < size; sent += piece.length) {
                exchange.getResponseBody().write(piece);
              }
            })) {
      assertEquals(141, run(new Broken("Broken pipe", 100_000), "get w"));
      assertEquals("", err.toString(StandardCharsets.UTF_8));
    }
  }
}
