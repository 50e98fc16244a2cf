package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.server.settings.Settings;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link EchoServer} as a process of its own. */
class ServerProcessTest {
  private static final Pattern READY = Pattern.compile("event=ready http=[^ ]+:(\\d+)");

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> log = new ArrayList<>();
  private Process process;
  private String url;

  @AfterEach
  void endProcess() {
    if (process != null) {
      process.destroyForcibly();
    }
    client.close();
  }

  @Test
  void oneReadyLineTellsWhereTheServerListens() throws Exception {
    start(Map.of());
    assertEquals(1, log.size(), log::toString);
    assertEquals(200, get("/health").statusCode());
    assertEquals("{\"status\":\"healthy\"}\n", get("/health").body());
  }

  @Test
  void aServerTellsItsRelease() throws Exception {
    start(Map.of());
    String release = get("/version").body();
    assertTrue(
        release.matches("\\{\"(name|version)\":\"[^\"]+\",\"(name|version)\":\"[^\"]+\"}\n"),
        release);
  }

  @Test
  void healthTellsOfEachCheckAndMetricsAreInPrometheusText() throws Exception {
    start(Map.of());
    assertTrue(get("/observe/health").body().contains("\"name\":\"memory\",\"status\":\"UP\""));
    assertTrue(get("/observe/metrics").body().contains("# HELP"));
  }

  @Test
  void metricsShowTheBoundOfEachSocketWithItsSetting() throws Exception {
    start(Map.of("MAX_CONNECTIONS", "7"));
    String metrics = get("/observe/metrics").body();
    for (String line :
        List.of(
            "controlplane_bound_limit\\{%s\\} 7.0",
            "controlplane_bound_in_use\\{%s\\} [1-9]",
            "controlplane_bound_refusals_total\\{%s\\} 0.0")) {
      String labels = "[^}]*bound=\"connections_http\"[^}]*setting=\"MAX_CONNECTIONS\"[^}]*";
      assertTrue(Pattern.compile(line.formatted(labels)).matcher(metrics).find(), metrics);
    }
  }

  private record Exchange(String method, String path, int status, String part) {}

  @Test
  void everyAnswerIsJson() throws Exception {
    start(Map.of());
    for (Exchange e :
        List.of(
            new Exchange("GET", "/echo/a%2Fb%2e", 200, "{\"text\":\"a/b.\"}"),
            new Exchange("GET", "/echo/%252e", 200, "{\"text\":\"%2e\"}"),
            new Exchange("GET", "/echo/a+b;c=d", 200, "{\"text\":\"a+b;c=d\"}"),
            new Exchange("GET", "/echo/%ff", 400, "\"error\":\"bad_path\""),
            new Exchange("GET", "/no/such", 404, "\"error\":\"not_found\""),
            new Exchange("POST", "/health", 405, "\"error\":\"method_not_allowed\""),
            new Exchange("DELETE", "/echo/a", 405, "\"error\":\"method_not_allowed\""),
            new Exchange("PUT", "/observe/health", 405, "\"error\":\"method_not_allowed\""),
            new Exchange("ODD", "/observe/metrics", 405, "\"error\":\"method_not_allowed\""),
            new Exchange("ODD", "/no/such", 404, "\"error\":\"not_found\""),
            new Exchange("GET", "/observe/no", 404, "\"error\":\"not_found\""),
            new Exchange("GET", "/bug", 500, "\"error\":\"internal_error\""))) {
      HttpResponse<String> response = send(e.method, e.path);
      assertEquals(e.status, response.statusCode(), e::toString);
      assertEquals(
          "application/json",
          response.headers().firstValue("Content-Type").orElse(""),
          e::toString);
      assertTrue(response.body().contains(e.part), () -> e + ": " + response.body());
      assertEquals(
          e.status == 405 ? "GET, HEAD, OPTIONS" : "",
          response.headers().firstValue("Allow").orElse(""),
          e::toString);
    }
  }

  @Test
  void aBrokenEscapeInAQueryIsRefusedButProfilesReadOverItAsGoDoes() throws Exception {
    start(Map.of());
    for (String path : List.of("/echo/a", "/health", "/observe/metrics", "/no/such")) {
      String answer = raw(path + "?name=%zz");
      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
      assertTrue(answer.contains("\"error\":\"bad_request\""), answer);
    }
    String profile = raw("/debug/pprof/goroutine?debug=1&labels=%zz");
    assertTrue(profile.startsWith("HTTP/1.1 200 "), profile);
    assertTrue(profile.contains("goroutine profile: total "), profile);
  }

  @Test
  void aRequestOfHttp10IsAnsweredWithoutChunksUpToTheEndOfItsConnection() throws Exception {
    start(Map.of());
    for (String head :
        List.of(
            "",
            "Host: localhost\r\n",
            "Connection: keep-alive\r\n",
            "Host: localhost\r\nConnection: Keep-Alive\r\n",
            "Connection: TE\r\nConnection: close\r\n")) {
      String answer = sendRaw("GET /echo/x HTTP/1.0\r\n" + head + "\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 200 "), head + answer);
      assertTrue(answer.endsWith("\r\n\r\n{\"text\":\"x\"}\n"), answer);
    }
    String streamed =
        sendRaw("GET /debug/pprof/goroutine?debug=2 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assertFalse(streamed.contains("chunked"), streamed);
    assertTrue(streamed.contains("\r\n\r\ngoroutine "), streamed);
    assertTrue(streamed.endsWith("\n") && !streamed.endsWith("\r\n"), streamed);
  }

  @Test
  void aHeadThatLeavesItsLengthOrItsHostOpenIsRefused() throws Exception {
    start(Map.of());
    for (String head :
        List.of(
            "POST /echo/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
            "GET /echo/x HTTP/1.1\r\n",
            "GET /echo/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
            "GET /echo/x HTTP/1.1\r\nHost: a b\r\n",
            "GET /echo/x HTTP/1.1\r\nHost: a:b\r\n")) {
      String answer = sendRaw(head + "\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 400 "), head + answer);
    }
  }

  @Test
  void helidonsFeaturesAnswerHeadAsTheyAnswerGet() throws Exception {
    start(Map.of());
    for (String path : List.of("/observe/health", "/observe/metrics")) {
      HttpResponse<String> get = get(path);
      HttpResponse<String> head = send("HEAD", path);
      assertEquals(200, head.statusCode());
      assertEquals("", head.body());
      assertEquals(
          get.headers().firstValue("Content-Type"), head.headers().firstValue("Content-Type"));
      assertTrue(head.headers().firstValueAsLong("Content-Length").orElse(0) > 0, path);
      String after = sendRaw(twoRequests("HEAD " + path, "GET /echo/x"));
      assertTrue(after.endsWith("{\"text\":\"x\"}\n"), after);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Host: localhost:9 | 200",
        "Host: upload-server | 200",
        "Host: [::1]:9 | 200",
        "Host: cp.example.com. | 200",
        "Host: a.below.example.org | 200",
        "Host: other.example:80 | 403",
        "Host: example.org | 403",
        "Host: notbelow.example.org.other.example | 403",
        "Host: localhost#Origin: http://localhost | 200",
        "Host: localhost:9#Origin: http://localhost:9 | 200",
        "Host: localhost#Origin: https://cp.example.com | 200",
        "Host: localhost#Origin: https://other.example | 403",
        "Host: localhost#Origin: null | 403",
        "Host: localhost#Sec-Fetch-Site: same-origin | 200",
        "Host: localhost#Sec-Fetch-Site: none | 200",
        "Host: localhost#Sec-Fetch-Site: same-site | 403",
        "Host: localhost#Sec-Fetch-Site: cross-site#Sec-Fetch-Mode: no-cors | 403",
        "Host: localhost#Sec-Fetch-Site: cross-site#Sec-Fetch-Mode: navigate | 200"
      })
  void aPageOfAnotherSiteIsRefused(String headers, int status) throws Exception {
    start(Map.of("ALLOWED_HOSTS", "cp.example.com, .below.example.org"));
    for (String path : List.of("/echo/x", "/observe/health", "/debug/pprof/cmdline")) {
      if (path.startsWith("/debug") && headers.contains("example")) {
        continue; // Profiles for loopback are for no name in the DNS, whatever ALLOWED_HOSTS has.
      }
      String answer =
          sendRaw(
              "GET %s HTTP/1.1\r\nConnection: close\r\n%s\r\n\r\n"
                  .formatted(path, headers.replace("#", "\r\n")));
      assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    }
  }

  private static String twoRequests(String first, String last) {
    return "%s HTTP/1.1\r\nHost: a\r\n\r\n%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        .formatted(first, last);
  }

  /** The answer to what java.net.http would not send. */
  private String raw(String target) throws IOException {
    return sendRaw("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

  private String sendRaw(String head) throws IOException {
    URI server = URI.create(url);
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void anAnswerThatComesBeforeTheBodyIsReadByTheClientAndNeitherThreadNorBufferStays()
      throws Exception {
    int pprof = freePort();
    start(Map.of("PPROF_ADDRESS", "127.0.0.1:" + pprof));
    int http = URI.create(url).getPort();

    record Early(int port, String request, int status) {}
    for (Early early :
        List.of(
            new Early(http, "PUT /no/such", 404),
            new Early(http, "POST /health", 405),
            new Early(http, "PUT /observe/health", 405),
            new Early(http, "PUT /no/such?%zz", 400),
            new Early(http, "GET /health", 200),
            new Early(pprof, "PUT /no/such", 404),
            new Early(pprof, "PUT /debug/pprof/goroutine", 405),
            new Early(pprof, "GET /debug/pprof/cmdline", 200))) {
      for (int i = 0; i < 5; i++) {
        String answer = early(early.port, early.request);
        assertTrue(answer.startsWith("HTTP/1.1 " + early.status), early + ": " + answer);
      }
    }
    url = "http://127.0.0.1:" + pprof;
    String threads = get("/debug/pprof/goroutine?debug=2").body();
    assertFalse(threads.contains("BodyPump"), threads);
  }

  @Test
  void theSocketOfProfilesAnswersAsTheOthersDo() throws Exception {
    int pprof = freePort();
    start(
        Map.of(
            "PPROF_ADDRESS",
            "127.0.0.1:" + pprof,
            "PPROF_ACCESS",
            "all",
            "REQUEST_HEAD_TIMEOUT",
            "PT0.3S"));
    String http = url;
    String profiles = "http://127.0.0.1:" + pprof;
    record Asked(String request, int status) {}
    for (Asked asked :
        List.of(
            new Asked("GET /no/such HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            new Asked("ODD /no/such HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            new Asked("HEAD /no/such HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            new Asked("GET /no/such HTTP/1.0\r\n\r\n", 404),
            new Asked("GET /no/such HTTP/1.1\r\n\r\n", 400),
            new Asked("GET /no/such?%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400),
            new Asked("GET /no/such HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", 403),
            new Asked(
                "GET /no/such HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nConnection: close\r\n\r\n",
                403),
            new Asked("GET /no/such HTTP/1.1\r\nHost: a\r\nX", 408))) {
      url = http;
      String answer = sendRaw(asked.request);
      assertTrue(answer.startsWith("HTTP/1.1 " + asked.status), asked + answer);
      url = profiles;
      assertEquals(undated(answer), undated(sendRaw(asked.request)), asked::toString);
    }
    String page = "GET /debug/pprof/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n";
    for (String foreign :
        List.of(page.formatted("a.example", ""), page.formatted("a", "Origin: http://b\r\n"))) {
      String answer = sendRaw(foreign);
      assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
    }
    assertEquals(200, send("HEAD", "/debug/pprof/cmdline").statusCode());
    String old = sendRaw("GET /debug/pprof/goroutine?debug=1 HTTP/1.0\r\n\r\n");
    assertTrue(old.startsWith("HTTP/1.1 200 ") && !old.contains("chunked"), old);
  }

  private static String undated(String answer) {
    return answer.replaceAll("Date: [^\r]+", "");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Sends 4 MiB whatever comes back, as a client does that reads the answer only after that. */
  private static String early(int port, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      byte[] body = new byte[4 << 20];
      String head =
          "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
              .formatted(request, body.length);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aClientThatLeavesInTheMiddleOfAHeadIsCountedAndOneThatSaysNothingIsNot() throws Exception {
    start(Map.of());
    raw("/health");
    leaveAfter("", false);
    leaveAfter("G", false);
    leaveAfter("GET /health HTTP/1.1\r\nHost: x\r\n", false);
    leaveAfter("GET /health HTTP/1.1\r\n", true);
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!raw("/observe/metrics").contains("_connections_left_total{scope=\"application\",} 3")) {
      assertTrue(System.nanoTime() < end, () -> "not three are counted");
    }
  }

  private void leaveAfter(String text, boolean reset) throws IOException {
    URI server = URI.create(url);
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      socket.setSoLinger(reset, 0);
    }
  }

  @Test
  void headIsAnsweredLikeGetWithoutABody() throws Exception {
    start(Map.of());
    HttpResponse<String> response = send("HEAD", "/health");
    assertEquals(200, response.statusCode());
    assertEquals("21", response.headers().firstValue("Content-Length").orElse(""));
    assertEquals("", response.body());
  }

  @Test
  void aBugIsLoggedWithItsStackTraceAndNotShownToTheClient() throws Exception {
    start(Map.of());
    assertFalse(get("/bug").body().contains("a bug"));
    String line = nextLine();
    assertTrue(line.contains("event=request-failed"), line);
    assertTrue(nextLine().contains("LinkageError: a bug"));
  }

  @Test
  void aTakenPortIsOneClearLineAndExitCode1() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      launch(Map.of("TEST_PORT", port));
      assertEquals(1, exitCode());
      List<String> lines = process.inputReader().lines().toList();
      assertEquals(1, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains("event=start-failed"), lines::toString);
      assertTrue(lines.getFirst().contains("set TEST_PORT to another port"), lines::toString);
    }
  }

  @ParameterizedTest(name = "{0}={1} is refused: {2}")
  @CsvSource({
    "TEST_PORT, 65536, TEST_PORT is \\\"65536\\\"; expected: a whole number from 0 to 65535",
    "TEST_PORT, http, TEST_PORT is \\\"http\\\"; expected: a whole number from 0 to 65535",
    "BIND_ADDRESS, 999.1.1.1, BIND_ADDRESS is \\\"999.1.1.1\\\"; expected: an address of this"
        + " machine",
  })
  void aWrongSettingIsOneClearLineAndExitCode1(String variable, String value, String reason)
      throws Exception {
    launch(Map.of(variable, value));
    assertEquals(1, exitCode());
    List<String> lines = process.inputReader().lines().toList();
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.getFirst().contains(reason), lines::toString);
  }

  @ParameterizedTest(name = "BIND_ADDRESS={0}")
  @CsvSource({
    "no.such.host.invalid, 'it is no address, and no host of this name is known'",
    "127.0.0.1:8080, 'it is no address, and no host of this name is known'",
    "192.0.2.1, this machine has no such address",
    "'', ''",
    "0.0.0.0, ''",
  })
  void theCheckRefusesABindAddressThatIsNotOfThisMachine(
      String value, String problem, @TempDir Path data) {
    var out = new ByteArrayOutputStream();
    Settings settings =
        Settings.load(Map.of("BIND_ADDRESS", value, "STORAGE_PATH", data.toString()));

    int status = new StartCheck("some-server", settings, new PrintStream(out)).run(_ -> {});

    assertEquals(problem.isEmpty() ? 0 : 1, status, out::toString);
    assertEquals(
        problem.isEmpty()
            ? "some-server: settings: ok"
            : "some-server: settings: not ok: BIND_ADDRESS is \"%s\"; expected: an address of this machine without a port, such as 127.0.0.1, or 0.0.0.0 for all of them (%s)"
                .formatted(value, problem),
        out.toString(StandardCharsets.UTF_8).lines().findFirst().orElseThrow());
  }

  @Test
  void listeningOnTheNetworkIsOneWarningLine() throws Exception {
    start(Map.of("BIND_ADDRESS", "0.0.0.0"));
    List<String> warnings = log.stream().filter(l -> l.contains("level=warning")).toList();
    assertEquals(1, warnings.size(), log::toString);
    assertTrue(warnings.getFirst().contains("event=open-to-the-network"), log::toString);
  }

  @Test
  void aRequestInFlightIsFinishedWhenTheProcessIsToldToEnd() throws Exception {
    start(Map.of());
    CompletableFuture<HttpResponse<String>> response =
        client.sendAsync(
            HttpRequest.newBuilder(URI.create(url + "/until-drained")).build(),
            BodyHandlers.ofString());
    assertTrue(nextLine().contains("event=waiting"), log::toString);
    process.toHandle().destroy();
    assertEquals("{\"drained\":true}\n", response.get(10, TimeUnit.SECONDS).body());
    assertTrue(Set.of(0, 143).contains(exitCode()));
    List<String> rest = process.inputReader().lines().toList();
    assertTrue(rest.getLast().contains("event=stopped"), rest::toString);
  }

  @Test
  void whatIsPendingIsWrittenInTimeThoughTheDrainHangs() throws Exception {
    start(Map.of());
    assertEquals(200, get("/hang-at-the-end").statusCode());
    process.toHandle().destroy();
    assertTrue(process.waitFor(5, TimeUnit.SECONDS), "the server still runs");
    List<String> rest = process.inputReader().lines().toList();
    assertTrue(rest.stream().anyMatch(l -> l.contains("event=drain-cut-short")), rest::toString);
    assertTrue(rest.stream().anyMatch(l -> l.contains("event=pending-written")), rest::toString);
    assertTrue(rest.getLast().contains("event=stopped"), rest::toString);
  }

  private void start(Map<String, String> environment) throws IOException {
    launch(environment);
    Matcher ready;
    do {
      ready = READY.matcher(nextLine());
    } while (!ready.find());
    url = "http://127.0.0.1:" + ready.group(1);
  }

  private void launch(Map<String, String> environment) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What this JVM may do with the JDK's packages, as servers are given it by their manifests.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--"))
        .forEach(command::add);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), EchoServer.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    process = builder.redirectErrorStream(true).start();
  }

  private String nextLine() throws IOException {
    BufferedReader reader = process.inputReader();
    String line = reader.readLine();
    if (line == null) {
      throw new AssertionError("the server ended: " + log);
    }
    log.add(line);
    return line;
  }

  private int exitCode() throws InterruptedException {
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the server still runs");
    return process.exitValue();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send("GET", path);
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(url + path))
            .method(method, BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }
}
