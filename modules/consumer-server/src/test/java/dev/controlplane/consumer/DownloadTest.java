package dev.controlplane.consumer;

import static dev.controlplane.consumer.ConsumerFixture.get;
import static dev.controlplane.consumer.ConsumerFixture.head;
import static dev.controlplane.consumer.ConsumerFixture.random;
import static dev.controlplane.consumer.ConsumerFixture.send;
import static dev.controlplane.consumer.ConsumerFixture.sha256;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.consumer.ConsumerFixture.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with CR LF
class DownloadTest {
  private static ConsumerFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture = ConsumerFixture.start("WRITE_TIMEOUT", "PT0.5S");
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 1_000_000})
  void aFileComesAsItWasUploaded(int size) throws Exception {
    byte[] bytes = random(size, 1);
    fixture.publish("whole.js", "v" + size, bytes);

    for (String path : new String[] {"/file/whole.js", "/file/whole.js/version/v" + size}) {
      Answer answer = get(server, path);
      assertEquals(200, answer.status());
      assertArrayEquals(bytes, answer.body());
      assertAll(
          () -> assertEquals("text/javascript", answer.header("content-type")),
          () -> assertEquals(String.valueOf(size), answer.header("content-length")),
          () -> assertEquals("bytes", answer.header("accept-ranges")),
          () -> assertEquals('"' + sha256(bytes) + '"', answer.header("etag")),
          () -> assertEquals("v" + size, answer.header("x-file-version")),
          () -> assertEquals(sha256(bytes), answer.header("x-file-checksum")),
          () -> assertEquals(digest(bytes), answer.header("repr-digest")),
          () -> assertEquals("nosniff", answer.header("x-content-type-options")),
          () ->
              assertEquals(
                  "attachment; filename=\"whole.js\"", answer.header("content-disposition")),
          () ->
              assertEquals(
                  path.contains("/version/") ? "public, max-age=31536000, immutable" : "no-cache",
                  answer.header("cache-control")));
    }
  }

  private static String digest(byte[] bytes) throws Exception {
    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
    return "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ":";
  }

  @Test
  void headHasTheHeadersOfGetAndNoBody() throws IOException {
    fixture.publish("head", "1", random(100_000, 2));
    String request = "HEAD /file/head HTTP/1.1\r\nHost: x\r\n";

    String answer = exchange(request + "\r\n" + request + "Connection: close\r\n\r\n");

    assertEquals(2, answer.split("HTTP/1.1 200 OK", -1).length - 1, answer);
    assertEquals(2, answer.split("Content-Length: 100000", -1).length - 1, answer);
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
    assertEquals(
        get(server, "/file/head").header("etag"), head(server, "/file/head").header("etag"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/file/unknown", "/files?limit=0", "/nothing", "/file/head/no"})
  void anErrorToHeadHasNoBody(String path) throws IOException {
    String answer = exchange("HEAD " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertTrue(answer.startsWith("HTTP/1.1 40"), answer);
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
    assertFalse(answer.contains("Content-Length: 0"), answer);
  }

  private String exchange(String request) throws IOException {
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain.txt | attachment; filename=\"plain.txt\"",
        "with space;x=y | attachment; filename=\"with space;x=y\"",
        "qu\"ote | attachment; filename=\"qu_ote\"; filename*=UTF-8''qu%22ote",
        "100% | attachment; filename=\"100_\"; filename*=UTF-8''100%25",
        "größe🚀'.js | attachment; filename=\"gr__e_'.js\";"
            + " filename*=UTF-8''gr%C3%B6%C3%9Fe%F0%9F%9A%80%27.js",
      })
  void anyNameIsInContentDisposition(String name, String expected) {
    fixture.publish(name, "1", random(10, 3));

    Answer answer = get(server, "/file/" + encoded(name));

    assertEquals(expected, answer.header("content-disposition"));
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 1.0",
    "1.0 beta, 1.0 beta",
    "ü, %C3%BC",
    "50%, 50%25",
    "' edge ', %20edge%20",
    "🚀, %F0%9F%9A%80"
  })
  void aVersionThatIsNotAsciiIsPercentEncodedInItsHeader(String version, String expected) {
    fixture.publish("version-header", version, version.getBytes(UTF_8));

    Answer answer = get(server, "/file/version-header/version/" + encoded(version));

    assertEquals(expected, answer.header("x-file-version"));
  }

  private static String encoded(String name) {
    return java.net.URLEncoder.encode(name, UTF_8).replace("+", "%20");
  }

  @Test
  void latestFollowsTheCatalog() {
    fixture.publish("moves", "1", new byte[] {1});
    fixture.publish("moves", "2", new byte[] {2});
    assertArrayEquals(new byte[] {2}, get(server, "/file/moves").body());
    fixture.catalog().moveLatest("moves", "1");
    assertArrayEquals(new byte[] {1}, get(server, "/file/moves").body());
    fixture.catalog().delete("moves", "1");
    assertArrayEquals(new byte[] {2}, get(server, "/file/moves").body());
    assertEquals(404, get(server, "/file/moves/version/1").status());
    fixture.catalog().delete("moves", "2");
    assertEquals("404 not_found", get(server, "/file/moves").failure());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ETAG | 304",
        "W/ETAG | 304",
        "\"other\", ETAG | 304",
        "\"other\" , W/ETAG,\"x\" | 304",
        "* | 304",
        ", * , | 304",
        ",, ETAG ,, | 304",
        "\"x\"#ETAG | 304",
        "#\t#W/ETAG, | 304",
        "*, ETAG | 304",
        "*, \"other\" | 200",
        "*#\"other\" | 200",
        "*, * | 200",
        "\"other\"ETAG | 200",
        ", | 200",
        "\"other\" | 200",
        "W/\"other\" | 200",
        "BARE | 200",
      })
  void whoHasItGets304(String ifNoneMatch, int status) {
    byte[] bytes = random(1000, 4);
    fixture.publish("conditional", "1", bytes);
    String value =
        ifNoneMatch.replace("ETAG", '"' + sha256(bytes) + '"').replace("BARE", sha256(bytes));

    for (String method : new String[] {"GET", "HEAD"}) {
      Answer answer = send(method, server, "/file/conditional", lines("If-None-Match", value));
      assertEquals(status, answer.status());
      assertEquals('"' + sha256(bytes) + '"', answer.header("etag"));
      assertEquals("no-cache", answer.header("cache-control"));
      if (status == 304) {
        assertEquals(0, answer.body().length);
      }
    }
  }

  /** A header in several lines, which are parted by # here. */
  private static String[] lines(String name, String values) {
    return Arrays.stream(values.split("#", -1))
        .flatMap(value -> Stream.of(name, value))
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ETAG | 200",
        "* | 200",
        ",*, | 200",
        "\"x\", ETAG | 200",
        "\"x\"#, ,ETAG | 200",
        "W/ETAG | 412",
        "W/ETAG, ETAG | 200",
        "*, \"x\" | 412",
        "\"x\" | 412"
      })
  void ifMatchIsComparedStrongly(String ifMatch, int status) {
    byte[] bytes = random(1000, 5);
    fixture.publish("if-match", "1", bytes);

    Answer answer =
        get(
            server,
            "/file/if-match",
            lines("If-Match", ifMatch.replace("ETAG", '"' + sha256(bytes) + '"')));

    assertEquals(status, answer.status());
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1",
    "bytes=0-99999, 0, 100000",
    "bytes=99999-, 99999, 100000",
    "bytes=-1, 99999, 100000",
    "bytes=-200000, 0, 100000",
    "bytes=65535-65536, 65535, 65537",
    "bytes=1-70000, 1, 70001",
    "bytes=100-199, 100, 200",
  })
  void aRangeIsAnsweredWithThoseBytes(String range, int from, int to) {
    byte[] bytes = random(100_000, 6);
    fixture.publish("range", "1", bytes);

    Answer answer = get(server, "/file/range", "Range", range);

    assertEquals(206, answer.status());
    assertArrayEquals(Arrays.copyOfRange(bytes, from, to), answer.body());
    assertEquals("bytes " + from + "-" + (to - 1) + "/100000", answer.header("content-range"));
    assertEquals(String.valueOf(to - from), answer.header("content-length"));
    assertEquals('"' + sha256(bytes) + '"', answer.header("etag"));
  }

  @Test
  void aRangePastTheEndCannotBeSatisfied() {
    fixture.publish("short", "1", random(10, 7));
    fixture.publish("none", "1", new byte[0]);

    Answer past = get(server, "/file/short", "Range", "bytes=10-");
    Answer empty = get(server, "/file/none", "Range", "bytes=0-");
    Answer lines = get(server, "/file/short", "Range", "bytes=0-1", "Range", "3-4, ,");

    assertEquals("416 range_not_satisfiable", past.failure());
    assertEquals("bytes */10", past.header("content-range"));
    assertEquals(200, empty.status());
    assertEquals(206, lines.status());
    assertTrue(lines.header("content-type").startsWith("multipart/byteranges"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=5-4", "items=0-1", "bytes=x", "bytes=0-5,3-8"})
  void aRangeThatMeansNothingGetsTheWholeFile(String range) {
    fixture.publish("ignored", "1", random(10, 8));

    Answer answer = get(server, "/file/ignored", "Range", range);

    assertEquals(200, answer.status());
    assertEquals(10, answer.body().length);
  }

  @Test
  void severalRangesComeInParts() {
    byte[] bytes = random(200_000, 9);
    fixture.publish("parts.js", "1", bytes);

    Answer answer = get(server, "/file/parts.js", "Range", "bytes=0-9,65530-65545,-100000");

    assertEquals(206, answer.status());
    String type = answer.header("content-type");
    assertTrue(type.startsWith("multipart/byteranges; boundary="), type);
    String boundary = type.substring(type.indexOf('=') + 1);
    String expected =
        part(boundary, bytes, 0, 10)
            + part(boundary, bytes, 65_530, 65_546)
            + part(boundary, bytes, 100_000, 200_000)
            + "\r\n--"
            + boundary
            + "--\r\n";
    assertEquals(expected, new String(answer.body(), java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  private static String part(String boundary, byte[] bytes, int from, int to) {
    return "\r\n--"
        + boundary
        + "\r\nContent-Type: text/javascript\r\nContent-Range: bytes "
        + from
        + "-"
        + (to - 1)
        + "/200000\r\n\r\n"
        + new String(bytes, from, to - from, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ETAG | 206",
        "W/ETAG | 200",
        "\"other\" | 200",
        "Mon, 23 Nov 2026 12:00:00 GMT | 200",
      })
  void ifRangeWantsTheSameFile(String ifRange, int status) {
    byte[] bytes = random(1000, 10);
    fixture.publish("if-range", "1", bytes);

    Answer answer =
        get(
            server,
            "/file/if-range",
            "Range",
            "bytes=0-9",
            "If-Range",
            ifRange.replace("ETAG", '"' + sha256(bytes) + '"'));

    assertEquals(status, answer.status());
    assertEquals(status == 206 ? 10 : 1000, answer.body().length);
  }

  @Test
  void headIgnoresRanges() {
    fixture.publish("head-range", "1", random(1000, 11));

    Answer answer = head(server, "/file/head-range", "Range", "bytes=0-9");

    assertEquals(200, answer.status());
    assertEquals("1000", answer.header("content-length"));
    assertNull(answer.header("content-range"));
  }

  @Test
  void aDamagedFileIsNeverServedAsGood() {
    byte[] bytes = random(1000, 12);
    fixture.publish("damaged", "1", bytes);
    assertEquals(200, get(server, "/file/damaged").status());
    fixture.damage(bytes, 500);

    assertEquals("503 damaged", get(server, "/file/damaged").failure());
    assertEquals("503 damaged", get(server, "/file/damaged", "Range", "bytes=500-500").failure());
    assertEquals(503, head(server, "/file/damaged").status());
    assertEquals("60", get(server, "/file/damaged").header("retry-after"));

    fixture.publish("damaged", "1", bytes);
    assertArrayEquals(bytes, get(server, "/file/damaged").body(), "uploading it again heals it");
  }

  @Test
  void damageFarIntoAFileCutsTheAnswerShort() {
    byte[] bytes = random(1_000_000, 13);
    fixture.publish("damaged-late", "1", bytes);
    fixture.damage(bytes, 900_000);

    assertThrows(IllegalStateException.class, () -> get(server, "/file/damaged-late"));
    assertArrayEquals(
        Arrays.copyOf(bytes, 800_000),
        get(server, "/file/damaged-late", "Range", "bytes=0-799999").body());
    assertEquals(
        "503 damaged", get(server, "/file/damaged-late", "Range", "bytes=900001-900002").failure());
  }

  @Test
  void aMissingFileIsDamaged() throws IOException {
    byte[] bytes = random(1000, 14);
    fixture.publish("missing", "1", bytes);
    Files.delete(fixture.blob(bytes));

    assertEquals("503 damaged", get(server, "/file/missing").failure());
  }

  @Test
  void aFileThatIsDeletedWhileItIsSentComesWhole() throws IOException {
    byte[] bytes = random(4_000_000, 15);
    fixture.publish("deleted", "1", bytes);
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "GET /file/deleted HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
      InputStream in = socket.getInputStream();
      byte[] begin = in.readNBytes(1000);
      fixture.catalog().delete("deleted", "1");
      byte[] rest = in.readAllBytes();

      assertTrue(new String(begin, UTF_8).startsWith("HTTP/1.1 200 OK"));
      assertArrayEquals(
          Arrays.copyOfRange(bytes, bytes.length - 1000, bytes.length),
          Arrays.copyOfRange(rest, rest.length - 1000, rest.length));
    }
  }

  @Test
  void aClientThatNeverReadsLosesItsConnection() throws IOException {
    fixture.publish("never-read", "1", random(20_000_000, 16));
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new java.net.InetSocketAddress(server.getHost(), server.getPort()));
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /file/never-read HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      // What is sent to a socket that was closed is answered with a reset.
      assertThrows(
          IOException.class,
          () -> {
            long end = System.nanoTime() + 20_000_000_000L;
            while (System.nanoTime() < end) {
              socket.getOutputStream().write(' ');
              LockSupport.parkNanos(10_000_000);
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "%2e%2e",
        "a%2Fb",
        "..%2f..%2fetc%2fpasswd",
        "%5c..%5c",
        "%00",
        "a%0ab",
        "%ff",
        "%c0%ae%c0%ae",
        "%zz",
        "%"
      })
  void aBadNameIsRefused(String segment) throws IOException {
    for (String path :
        new String[] {
          "/file/" + segment,
          "/file/x/version/" + segment,
          "/file/" + segment + "/version/1",
          "/file/" + segment + "/info",
          "/file/" + segment + "/versions"
        }) {
      String answer = exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 400 "), path + ": " + answer);
      assertTrue(answer.contains("{\"error\":\""), answer);
    }
  }

  @Test
  void aNameIsDecodedOnceAndNormalised() {
    fixture.publish("caf\u00e9", "1", new byte[] {1});
    fixture.publish("%2e%2e", "1", new byte[] {2});

    assertArrayEquals(new byte[] {1}, get(server, "/file/cafe%CC%81").body());
    assertArrayEquals(new byte[] {2}, get(server, "/file/%252e%252e").body());
  }

  @Test
  void anotherMethodIsToldWhichAreAllowed() {
    for (String path : new String[] {"/file/x", "/files", "/file/x/version/1", "/file/x/info"}) {
      Answer answer = send("POST", server, path);
      assertEquals("405 method_not_allowed", answer.failure());
      assertEquals("GET, HEAD, OPTIONS", answer.header("allow"));
    }
  }
}
