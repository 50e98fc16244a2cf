package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Ports;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The HTTP ports of the three servers and the socket of PPROF_ADDRESS answer what is odd or
 * malformed alike: the same status, headers and body, to the byte.
 */
class PortsTest {
  private static final int LIMIT_MILLIS = 60_000;
  private static final String NOWHERE = "GET /nowhere HTTP/1.1";
  private static final String POST = "POST /nowhere HTTP/1.1";
  private static final String HOST = "Host: localhost";

  private static Cluster cluster;
  private static ServerUnderTest profiled;

  /** The ports by the name of who listens there. */
  private static final Map<String, Integer> PORTS = new LinkedHashMap<>();

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
    List<Integer> free = Ports.free(2);
    profiled =
        new ServerUnderTest(
                "consumer-server",
                cluster.root().resolve("profiled"),
                Map.of(
                    "STORAGE_PATH",
                    cluster.data().toString(),
                    "CONSUMER_PORT",
                    "" + free.get(0),
                    "PPROF_ADDRESS",
                    "127.0.0.1:" + free.get(1)),
                List.of())
            .launch()
            .awaitReady();
    PORTS.put("upload-server", URI.create(cluster.uploadUrl()).getPort());
    PORTS.put("consumer-server", cluster.consumerPort());
    PORTS.put("grpc-server", URI.create(cluster.grpcHttpUrl()).getPort());
    PORTS.put("PPROF_ADDRESS", free.get(1));
  }

  @AfterAll
  static void stop() {
    profiled.clear();
    cluster.close();
  }

  /** A request whose connection ends with its answer. */
  private static String request(String line, String... headers) {
    StringBuilder head = new StringBuilder(line).append("\r\n");
    for (String header : headers) {
      head.append(header.isEmpty() ? "" : header + "\r\n");
    }
    return head.append("Connection: close\r\n\r\n").toString();
  }

  private static String hosted(String line, String... headers) {
    return request(line + "\r\n" + HOST, headers);
  }

  private static Arguments row(String what, int status, String request) {
    return Arguments.of(what, status, request);
  }

  static Stream<Arguments> oddRequests() {
    return Stream.of(
        row("an unknown path", 404, hosted(NOWHERE)),
        row("the root", 404, hosted("GET / HTTP/1.1")),
        row("HEAD", 404, hosted("HEAD /nowhere HTTP/1.1")),
        row("an unknown method", 404, hosted("BREW /nowhere HTTP/1.1")),
        row("a method in lower case", 404, hosted("get /nowhere HTTP/1.1")),
        row("OPTIONS", 404, hosted("OPTIONS /nowhere HTTP/1.1")),
        row("TRACE", 404, hosted("TRACE /nowhere HTTP/1.1")),
        row("CONNECT", 404, hosted("CONNECT example.com:443 HTTP/1.1")),
        row("a NUL in the path", 404, hosted("GET /a%00b HTTP/1.1")),
        row("a path that goes up", 404, hosted("GET /nowhere/../health HTTP/1.1")),
        row("two slashes", 404, hosted("GET //nowhere HTTP/1.1")),
        row("raw UTF-8", 404, hosted("GET /grüße HTTP/1.1")),
        row("a broken escape", 400, hosted("GET /a%zzb HTTP/1.1")),
        row("a broken query", 400, hosted("GET /nowhere?a=%zz HTTP/1.1")),
        row("a blank in the path", 400, hosted("GET /a b HTTP/1.1")),
        row("absolute form", 404, hosted("GET http://localhost/nowhere HTTP/1.1")),
        row("a stranger in absolute form", 403, hosted("GET http://evil.example/nowhere HTTP/1.1")),
        row(
            "absolute form that replaces the Host",
            404,
            request("GET http://localhost/nowhere HTTP/1.1", "Host: evil.example")),
        row("absolute form with a user", 404, hosted("GET http://me:x@localhost/ HTTP/1.1")),
        row("HTTP/1.0", 404, "GET /nowhere HTTP/1.0\r\n\r\n"),
        row("HTTP/1.2", 404, hosted("GET /nowhere HTTP/1.2")),
        row("HTTP/2.0", 400, hosted("GET /nowhere HTTP/2.0")),
        row("HTTP/0.9", 400, "GET /nowhere\r\n"),
        row("an empty line before", 404, "\r\n" + hosted(NOWHERE)),
        row("no Host", 400, request(NOWHERE)),
        row("two Hosts", 400, hosted(NOWHERE, HOST)),
        row("a Host that is none", 400, request(NOWHERE, "Host: a b")),
        row("an empty Host", 400, request(NOWHERE, "Host:")),
        row("the Host of a stranger", 403, request(NOWHERE, "Host: evil.example")),
        row("the page of a stranger", 403, hosted(NOWHERE, "Origin: http://evil.example")),
        row(
            "the page of a stranger beside our own",
            403,
            hosted(NOWHERE, "Origin: http://localhost", "Origin: http://evil.example")),
        row(
            "the site of a stranger beside our own",
            403,
            hosted(NOWHERE, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site")),
        row("a folded header", 400, hosted(NOWHERE, "X-A: b", "  c")),
        row("a blank before the colon", 400, hosted(NOWHERE, "X-A : b")),
        row("no colon", 400, hosted(NOWHERE, "X-A b")),
        row("a header without a name", 400, hosted(NOWHERE, ": b")),
        row("a control character", 400, hosted(NOWHERE, "X-A: b\u0001c")),
        row("an empty header", 404, hosted(NOWHERE, "X-A:")),
        row("a huge header", 431, hosted(NOWHERE, "X-A: " + "b".repeat(40_000))),
        row("many headers", 431, hosted(NOWHERE, "X-A: b\r\n".repeat(3_000) + "X: y")),
        row("a huge path", 414, hosted("GET /" + "a".repeat(40_000) + " HTTP/1.1")),
        row("a body", 404, hosted(POST, "Content-Length: 3") + "abc"),
        row("a body of GET", 404, hosted(NOWHERE, "Content-Length: 3") + "abc"),
        row("an encoded body", 404, hosted(POST, "Content-Encoding: gzip")),
        row("chunks", 404, hosted(POST, "Transfer-Encoding: chunked") + "1\r\na\r\n0\r\n\r\n"),
        row("Expect", 404, hosted(POST, "Expect: 100-continue", "Content-Length: 3") + "abc"),
        row("another coding", 400, hosted(POST, "Transfer-Encoding: gzip") + "abc"),
        row(
            "two lengths",
            400,
            hosted(POST, "Content-Length: 3", "Transfer-Encoding: chunked") + "0\r\n\r\n"),
        row("a length that is none", 400, hosted(POST, "Content-Length: +3") + "abc"),
        row("a condition", 404, hosted(NOWHERE, "If-None-Match: *")),
        row("a range", 404, hosted(NOWHERE, "Range: bytes=0-1")),
        row("an upgrade", 404, hosted(NOWHERE, "Upgrade: websocket")),
        row("half a head", 400, NOWHERE + "\r\nHost: loc"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("oddRequests")
  void whatIsOddOrMalformedIsAnsweredAlikeOnEveryPort(String what, int status, String request) {
    Map<String, String> answers = new LinkedHashMap<>();
    PORTS.forEach((name, port) -> answers.put(name, answer(port, request)));
    String first = answers.get("upload-server");
    answers.forEach((name, answer) -> assertEquals(first, answer, name));
    assertTrue(first.startsWith("HTTP/1.1 " + status + " "), first);
    if (!request.startsWith("HEAD")) {
      assertTrue(first.contains("{\"error\":\""), first);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', the request has no header Host",
    "Host: a|Host: b, the request has more than one header Host",
    "Host: a/b, \\\"a/b\\\"; expected: a host",
  })
  void aBadHostIsToldAsWhatItIs(String headers, String words) {
    PORTS.forEach(
        (name, port) -> {
          String answer = answer(port, request(NOWHERE, headers.split("[|]")));
          assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
          assertTrue(answer.contains(words), () -> name + ": " + answer);
        });
  }

  @Test
  void optionsTellsWhatAPathAndAServerAreFor() {
    for (String name : List.of("upload-server", "consumer-server", "grpc-server")) {
      for (String path : List.of("/health", "/observe/metrics", "/version")) {
        String answer = answer(PORTS.get(name), hosted("OPTIONS " + path + " HTTP/1.1"));
        assertEquals(
            "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, OPTIONS\r\nConnection: close\r\n\r\n",
            answer,
            name);
      }
    }
    String of = "Allow: DELETE, GET, HEAD, OPTIONS, POST, PUT\r\n";
    for (String target : List.of("*", "http://localhost")) {
      String answer = answer(PORTS.get("upload-server"), hosted("OPTIONS " + target + " HTTP/1.1"));
      assertTrue(answer.startsWith("HTTP/1.1 204 ") && answer.contains(of), answer);
    }
    PORTS.forEach(
        (name, port) -> {
          String answer = answer(port, hosted("OPTIONS * HTTP/1.1"));
          assertTrue(answer.startsWith("HTTP/1.1 204 "), () -> name + ": " + answer);
        });
  }

  /** All that a port sends until it closes the connection, but for the date. */
  private static String answer(int port, String request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .replaceFirst("(?m)^Date: .*\r\n", "");
    } catch (IOException e) {
      return "the connection broke: " + e.getMessage();
    }
  }
}
