package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import dev.controlplane.client.FakeServer;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.cli.terminal.FakeTerminal;
import dev.controlplane.client.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked before a worker goes with its last version. */
class DeleteTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private List<String> versions = List.of("1");
  private String next = "null";
  private FakeServer server;

  @BeforeEach
  void start() throws IOException {
    server = new FakeServer(this::serve);
  }

  @AfterEach
  void end() {
    server.close();
  }

  private void serve(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("DELETE")) {
      FakeServer.json(exchange, 200, "{\"success\":true,\"revision\":12}");
    } else if (versions.isEmpty()) {
      FakeServer.json(exchange, 404, "{\"error\":\"not_found\",\"message\":\"no such worker\"}");
    } else {
      FakeServer.json(
          exchange,
          200,
          "{\"filename\":\"w\",\"latest\":\"1\",\"versions\":[%s],\"next\":%s}"
              .formatted(
                  versions.stream()
                      .map(version -> Fixtures.metadata("w", version, new byte[1]))
                      .collect(Collectors.joining(",")),
                  next));
    }
  }

  private int run(Terminal terminal, String typed, String line) {
    Session session =
        new Session(
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(
                "CPCTL_UPLOAD_URL", server.url(),
                "CPCTL_CONSUMER_URL", server.url(),
                "NO_COLOR", "1"),
            terminal);
    return new Cpctl(session).run(line.split(" "));
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private boolean deleted() {
    return server.requests().contains("DELETE /workers/w/versions/1");
  }

  @Test
  void whereNobodyCanBeAskedTheLastVersionNeedsYes() {
    assertEquals(2, run(Terminal.NONE, "y\n", "delete w 1"));
    assertEquals(
        "cpctl: 1 is the only version of w: --yes deletes the worker, also from every consumer",
        err().lines().findFirst().orElse(""));
    assertEquals(List.of("GET /file/w/versions?limit=2"), server.requests());
    assertEquals(0, run(Terminal.NONE, "", "delete w 1 --yes"), this::err);
    assertTrue(deleted());
  }

  @ParameterizedTest
  @ValueSource(strings = {"y\n", "YES\r\n", " yes "})
  void onATerminalTheLastVersionGoesAfterAYes(String typed) {
    assertEquals(0, run(new FakeTerminal(80), typed, "delete w --version 1"), this::err);
    assertTrue(err().startsWith("1 is the only version of w. To delete it deletes"), this::err);
    assertTrue(deleted());
    assertEquals("w 1 deleted, revision 12\n", out.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"n\n", "\n", "", "yellow\n"})
  void onATerminalTheLastVersionStaysAfterAnythingElse(String typed) {
    assertEquals(1, run(new FakeTerminal(80), typed, "delete w 1"));
    assertTrue(err().endsWith("cpctl: nothing was deleted\n"), this::err);
    assertTrue(!deleted());
  }

  @ParameterizedTest
  @ValueSource(strings = {"2,1", "2", ""})
  void aVersionThatIsNotTheLastGoesWithoutAQuestion(String there) {
    versions = there.isEmpty() ? List.of() : Arrays.asList(there.split(","));
    assertEquals(0, run(Terminal.NONE, "", "delete w 1"), this::err);
    assertTrue(deleted());
  }

  @Test
  void aVersionThatFillsTheFirstPageIsNotTheLast() {
    next = "\"1\"";
    assertEquals(0, run(Terminal.NONE, "", "delete w 1"), this::err);
    assertTrue(deleted());
  }
}
