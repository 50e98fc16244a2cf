package dev.controlplane.client.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.FakeServer;
import dev.controlplane.client.Server;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.Session;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final AtomicInteger conflicts = new AtomicInteger();
  private FakeControlPlane plane;
  private FakeServer http;
  private String name = "s";
  private String release = "\"1.2.3\"";
  private String health = "{\"status\":\"UP\",\"checks\":[{\"name\":\"a\",\"status\":\"UP\"}]}";

  @BeforeEach
  void start() throws IOException {
    plane = new FakeControlPlane(100);
    http = new FakeServer(this::serve);
    environment.put("CPCTL_UPLOAD_URL", http.url());
    environment.put("CPCTL_CONSUMER_URL", http.url());
    environment.put("CPCTL_GRPC_HTTP_URL", http.url());
    environment.put("CPCTL_GRPC", plane.endpoints().grpc().toString());
  }

  @AfterEach
  void end() {
    http.close();
    plane.close();
  }

  private void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.equals("/version")) {
      FakeServer.json(exchange, 200, "{\"name\":\"" + name + "\",\"version\":" + release + "}");
    } else if (path.equals("/observe/health")) {
      FakeServer.json(exchange, health.contains("DOWN") ? 503 : 200, health);
    } else if (conflicts.getAndDecrement() > 0) {
      FakeServer.json(exchange, 409, "{\"error\":\"connected\",\"message\":\"a stream is open\"}");
    } else {
      exchange.sendResponseHeaders(204, -1);
    }
  }

  private int run(String... arguments) {
    Session session =
        new Session(
            new ByteArrayInputStream(new byte[0]),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment);
    return new Cpctl(session, "1.2.9").run(arguments);
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void whereAllIsWellEachCheckIsOkAndNoConsumerIsLeft() {
    conflicts.set(2);
    assertEquals(0, run("doctor"), () -> lines() + err.toString(StandardCharsets.UTF_8));
    assertEquals(
        List.of(
            "ok    upload-server: release 1.2.3",
            "ok    upload-server health: storage and all other checks are up",
            "ok    upload-server clock: as this machine's",
            "ok    consumer-server: release 1.2.3",
            "ok    consumer-server health: storage and all other checks are up",
            "ok    consumer-server clock: as this machine's",
            "ok    grpc-server: release 1.2.3",
            "ok    grpc-server health: storage and all other checks are up",
            "ok    grpc-server clock: as this machine's",
            "ok    subscription over gRPC: its snapshot arrived"),
        lines());
    String id = plane.requests().getFirst().getConsumerId();
    assertTrue(id.startsWith("cpctl-doctor-"), id);
    assertEquals(3, http.requests().stream().filter(("DELETE /consumers/" + id)::equals).count());
  }

  @Test
  void anotherServerAtAnAddressIsAFailure() {
    name = "upload-server";
    assertEquals(1, run("doctor"), () -> lines() + err.toString(StandardCharsets.UTF_8));
    assertEquals(
        List.of(
            "ok    upload-server: release 1.2.3",
            "ok    upload-server health: storage and all other checks are up",
            "ok    upload-server clock: as this machine's",
            "fail  consumer-server: upload-server answers at its address. To do: correct"
                + " --consumer-url or CPCTL_CONSUMER_URL"),
        lines().subList(0, 4));
  }

  @Test
  void whatIsWrongIsToldWithWhatToDo() throws Exception {
    environment.put("CPCTL_UPLOAD_URL", "http://127.0.0.1:1");
    release = "\"2.0.0\"";
    health =
        "{\"status\":\"DOWN\",\"checks\":[{\"name\":\"memory\",\"status\":\"UP\"},{\"name\":\"store\",\"status\":\"DOWN\",\"data\":{\"reason\":\"/data"
            + " is not there\"}}]}";
    plane.stop();
    assertEquals(1, run("doctor", "--publish"));
    assertEquals(
        "fail  upload-server at http://127.0.0.1:1: connection refused. To do: start"
            + " it, or set its address: --upload-url or CPCTL_UPLOAD_URL",
        lines().getFirst());
    assertTrue(
        lines()
            .contains(
                "fail  consumer-server: release 2.0.0 does not fit cpctl 1.2.9. To do: update"
                    + " cpctl"),
        lines()::toString);
    assertTrue(
        lines()
            .contains(
                "fail  consumer-server health: down: store: /data is not there. To do: mend what"
                    + " the reason names; docs/operations.md has the cases"),
        lines()::toString);
    assertTrue(
        lines()
            .getLast()
            .startsWith("fail  subscription over gRPC: connection refused (UNAVAILABLE)."),
        lines()::toString);
    assertFalse(http.requests().stream().anyMatch(request -> !request.startsWith("GET ")));
  }

  @Test
  void theFindingsAreOneObject() throws Exception {
    release = "7";
    assertEquals(1, run("doctor", "--json"));
    assertEquals(1, lines().size());
    JsonNode answer = new ObjectMapper().readTree(lines().getFirst());
    assertFalse(answer.path("healthy").asBoolean(true));
    JsonNode first = answer.path("checks").path(0);
    assertEquals("fail", first.path("result").asText());
    assertEquals("upload-server", first.path("check").asText());
    assertFalse(first.path("advice").asText().isEmpty());
    JsonNode last = answer.path("checks").path(answer.path("checks").size() - 1);
    assertEquals("ok", last.path("result").asText());
    assertTrue(last.path("advice").isNull());
  }

  @ParameterizedTest
  @CsvSource({
    "0, OK, as this machine's",
    "1, OK, as this machine's",
    "3, WARN, 2 s ahead of this machine's",
    "-2, OK, as this machine's",
    "-3, WARN, 2 s behind this machine's",
    "3600, WARN, 3599 s ahead of this machine's"
  })
  void clocksThatAreApartAreTold(long seconds, Finding.Result result, String message) {
    Instant before = Instant.parse("2026-11-23T12:00:00Z");
    Finding found =
        ServerChecks.clock(
            Server.UPLOAD, before.plusSeconds(seconds), before, before.plusSeconds(1));
    assertEquals(result, found.result());
    assertEquals(message, found.message());
    assertEquals("upload-server clock", found.check());
  }
}
