package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.client.FakeServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of a server that is of another release, and lacks something therefore. */
class OtherReleaseTest {
  private static final String NO_ROUTE =
      "{\"error\":\"not_found\",\"message\":\"nothing is at /x; expected: a path of this server's"
          + " API\"}";
  private static final String NO_WORKER = "{\"error\":\"not_found\",\"message\":\"no worker w\"}";

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** The first line on standard error after a question that is answered so. */
  private String told(int status, String answer, String version) throws Exception {
    return told(status, answer, "s", version);
  }

  private String told(int status, String answer, String name, String version) throws Exception {
    try (FakeServer server =
        new FakeServer(
            exchange -> {
              boolean release = exchange.getRequestURI().getPath().equals("/version");
              FakeServer.json(
                  exchange,
                  release && !version.isEmpty() ? 200 : release ? 404 : status,
                  release && !version.isEmpty()
                      ? "{\"name\":\"%s\",\"version\":\"%s\"}".formatted(name, version)
                      : answer);
            })) {
      Session session =
          new Session(
              new ByteArrayInputStream(new byte[0]),
              OutputStream.nullOutputStream(),
              new PrintStream(err, true, StandardCharsets.UTF_8),
              Map.of("CPCTL_CONSUMER_URL", server.url()));
      new Cpctl(session, "1.2.3").run("info", "w");
      return err.toString(StandardCharsets.UTF_8).lines().findFirst().orElse("");
    }
  }

  @ParameterizedTest
  @CsvSource({"1.2.2, older, the server", "1.10.0, newer, cpctl", "0.9.9, older, the server"})
  void aMissingRouteIsToldWithTheReleaseThatIsToBeUpdated(
      String version, String order, String which) throws Exception {
    assertEquals(
        "cpctl: nothing is at /x; expected: a path of this server's API; consumer-server is release"
            + " %s, %s than cpctl 1.2.3: update %s".formatted(version, order, which),
        told(404, NO_ROUTE, version));
  }

  @Test
  void aMissingFieldIsToldWithTheReleaseThatIsToBeUpdated() throws Exception {
    assertEquals(
        "cpctl: the answer has no field \"filename\" (text): is this the consumer-server?;"
            + " consumer-server is release 1.2.0, older than cpctl 1.2.3: update the server",
        told(200, "{}", "1.2.0"));
  }

  @Test
  void aServerThatDoesNotKnowTheQuestionIsOlder() throws Exception {
    assertEquals(
        "cpctl: nothing is at /x; expected: a path of this server's API; consumer-server does not"
            + " tell its release: it is older than cpctl, or a proxy has no route",
        told(404, NO_ROUTE, ""));
  }

  @Test
  void anotherServerAtTheAddressIsNamed() throws Exception {
    assertEquals(
        "cpctl: nothing is at /x; expected: a path of this server's API; grpc-server answers at the"
            + " address of consumer-server: correct --consumer-url or CPCTL_CONSUMER_URL",
        told(404, NO_ROUTE, "grpc-server", "1.2.3"));
  }

  @Test
  void ofTheSameReleaseOrWhereAWorkerIsMissingNothingMoreIsTold() throws Exception {
    assertEquals(
        "cpctl: nothing is at /x; expected: a path of this server's API",
        told(404, NO_ROUTE, "1.2.3"));
    err.reset();
    assertEquals("cpctl: no worker w", told(404, NO_WORKER, "1.0.0"));
  }
}
