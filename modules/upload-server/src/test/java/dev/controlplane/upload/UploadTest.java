package dev.controlplane.upload;

import static dev.controlplane.upload.UploadFixture.delete;
import static dev.controlplane.upload.UploadFixture.post;
import static dev.controlplane.upload.UploadFixture.put;
import static dev.controlplane.upload.UploadFixture.send;
import static dev.controlplane.upload.UploadFixture.sha256;
import static dev.controlplane.upload.UploadFixture.utf8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Answer;
import dev.controlplane.upload.UploadFixture.Form;
import dev.controlplane.upload.UploadFixture.Wire;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with CR LF
class UploadTest {
  private static final int MAX_BYTES = 200_000;
  private static final byte[] CODE = utf8("export default () => 1\n");
  private static UploadFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture = UploadFixture.start("MAX_UPLOAD_BYTES", String.valueOf(MAX_BYTES));
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @Test
  void anUploadIsAnsweredWithItsMetadata() {
    Answer answer = post(server, Form.of("an swer/".replace("/", "%"), "1.0", CODE));

    assertEquals(200, answer.status(), answer.toString());
    var metadata = answer.json().path("metadata");
    assertAll(
        () -> assertTrue(answer.json().path("success").asBoolean()),
        () -> assertTrue(answer.json().path("created").asBoolean()),
        () -> assertTrue(answer.revision() >= 1),
        () -> assertEquals("an swer%", metadata.path("filename").asText()),
        () -> assertEquals("1.0", metadata.path("version").asText()),
        () -> assertEquals(sha256(CODE), metadata.path("checksum").asText()),
        () -> assertEquals(CODE.length, metadata.path("size").asLong()),
        () -> assertEquals("/file/an%20swer%25/version/1.0", metadata.path("filepath").asText()),
        () ->
            assertTrue(
                Instant.parse(metadata.path("uploaded_at").asText())
                    .isAfter(Instant.now().minusSeconds(600))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nvf", "nfv", "vnf", "vfn", "fnv", "fvn"})
  void theFieldsComeInAnyOrder(String order) {
    Form form = new Form();
    order
        .chars()
        .forEach(
            field -> {
              switch (field) {
                case 'n' -> form.text("filename", "order-" + order);
                case 'v' -> form.text("version", "1");
                default -> form.file(CODE);
              }
            });

    Answer answer = post(server, form);

    assertEquals(200, answer.status(), answer.toString());
    assertEquals(sha256(CODE), answer.json().path("metadata").path("checksum").asText());
  }

  @Test
  void theSameBytesAgainGiveTheRevisionOfTheFirst() {
    Answer first = post(server, Form.of("again", "1", CODE));
    put(server, "/workers/other/versions/1", "x");
    Answer byForm = post(server, Form.of("again", "1", CODE));
    Answer byPath = put(server, "/workers/again/versions/1", CODE);

    assertTrue(first.json().path("created").asBoolean());
    for (Answer again : List.of(byForm, byPath)) {
      assertEquals(200, again.status());
      assertFalse(again.json().path("created").asBoolean());
      assertEquals(first.revision(), again.revision());
      assertEquals(first.json().path("metadata"), again.json().path("metadata"));
    }
  }

  @Test
  void otherBytesForAVersionAreAConflictAndLeaveNothing() {
    put(server, "/workers/conflict/versions/1", "one");
    int blobs = fixture.blobs().size();
    Answer other = put(server, "/workers/conflict/versions/1", "two");

    assertEquals(409, other.status());
    assertEquals("version_conflict", other.error());
    fixture.awaitNoLeftovers();
    assertEquals(blobs, fixture.blobs().size());
  }

  @Test
  void twoUploadsOfOneVersionAtOnceDoNotMix() throws Exception {
    byte[] a = new byte[MAX_BYTES];
    byte[] b = new byte[MAX_BYTES];
    java.util.Arrays.fill(b, (byte) 'b');
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 10; round++) {
        String path = "/workers/race/versions/" + round;
        List<Callable<Answer>> uploads =
            List.of(
                () -> put(server, path, a), () -> put(server, path, b), () -> put(server, path, a));
        Set<String> winners = new HashSet<>();
        int created = 0;
        for (Future<Answer> done : threads.invokeAll(uploads)) {
          Answer answer = done.get();
          if (answer.status() == 200) {
            winners.add(answer.json().path("metadata").path("checksum").asText());
            created += answer.json().path("created").asBoolean() ? 1 : 0;
          } else {
            assertEquals(409, answer.status());
          }
        }
        assertEquals(1, created, "one creates it");
        assertEquals(1, winners.size(), "and its bytes are those of all that succeed");
        assertTrue(Set.of(sha256(a), sha256(b)).containsAll(winners));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"filename", "version", "file"})
  void aMissingFieldIsNamed(String missing) {
    Form form = new Form();
    for (String field : List.of("filename", "version", "file")) {
      if (!field.equals(missing)) {
        form.text(field, "x");
      }
    }

    Answer answer = post(server, form);

    assertEquals(400, answer.status());
    assertEquals("missing_field", answer.error());
    assertTrue(answer.message().startsWith(missing + " is missing"), answer.message());
    fixture.awaitNoLeftovers();
  }

  @ParameterizedTest
  @ValueSource(strings = {"filename", "version", "file"})
  void aRepeatedFieldIsNamed(String repeated) {
    Answer answer =
        post(server, new Form().text("file", "x").text(repeated, "x").text(repeated, "x"));

    assertEquals(400, answer.status());
    assertEquals("repeated_field", answer.error());
    assertTrue(answer.message().startsWith(repeated), answer.message());
    fixture.awaitNoLeftovers();
  }

  @Test
  void aFieldOfAnotherNameIsReadOver() {
    Form form = Form.of("extra", "1", CODE).text("comment", "x".repeat(100_000)).text("", "y");

    assertEquals(200, post(server, form).status());
  }

  @Test
  void aFieldHasALimit() {
    Answer answer = post(server, Form.of("x".repeat(4097), "1", CODE));

    assertEquals(400, answer.status());
    assertTrue(answer.message().contains("at most 4096 bytes"), answer.message());
  }

  @Test
  void aFieldThatIsNotUtf8IsRefused() {
    Form form =
        new Form()
            .part(
                "Content-Disposition: form-data; name=\"filename\"",
                new byte[] {'a', (byte) 0xe4, 'b'})
            .text("version", "1")
            .file(CODE);

    Answer answer = post(server, form);

    assertEquals(400, answer.status());
    assertTrue(answer.message().startsWith("filename is not UTF-8"), answer.message());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "none|415",
        "text/plain|415",
        "application/x-www-form-urlencoded|415",
        "multipart/mixed; boundary=x|415",
        "multipart/form-data|400",
        "multipart/form-data; boundary=|400",
        "multipart/form-data; boundary=another|400",
        "Multipart/Form-Data; charset=utf-8; boundary=\"----a-boundary\"|200",
      })
  void onlyAFormIsTaken(String contentType, int status) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve("/upload"))
            .POST(BodyPublishers.ofByteArray(Form.of("types", "1", CODE).bytes()));
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }

    Answer answer = send(request);

    assertEquals(status, answer.status(), answer.toString());
    assertEquals(status == 415, answer.error().equals("not_multipart"));
  }

  @Test
  void partsAndTheirHeadersHaveLimits() {
    Form manyParts = Form.of("limits", "1", CODE);
    for (int i = 0; i < 30; i++) {
      manyParts.text("more", "");
    }
    Answer many = post(server, manyParts);
    Answer longHeader =
        post(server, new Form().part("X-Long: " + "x".repeat(9000), CODE).text("version", "1"));

    assertEquals(400, many.status());
    assertTrue(many.message().contains("more than 32 parts"), many.message());
    assertEquals(400, longHeader.status());
    assertTrue(longHeader.message().contains("8192 bytes"), longHeader.message());
    fixture.awaitNoLeftovers();
  }

  @Test
  void aFormThatEndsTooEarlyIsMalformed() {
    byte[] whole = Form.of("early", "1", CODE).bytes();
    Answer answer =
        send(
            HttpRequest.newBuilder(server.resolve("/upload"))
                .header("Content-Type", "multipart/form-data; boundary=" + Form.BOUNDARY)
                .POST(BodyPublishers.ofByteArray(whole, 0, whole.length - 10)));

    assertEquals(400, answer.status());
    assertEquals("malformed_form", answer.error());
    fixture.awaitNoLeftovers();
  }

  @Test
  void aFileOfNoBytesIsAFile() {
    Answer byForm = post(server, Form.of("empty", "1", new byte[0]));
    Answer byPath = put(server, "/workers/empty/versions/2", new byte[0]);

    for (Answer answer : List.of(byForm, byPath)) {
      assertEquals(200, answer.status());
      assertEquals(0, answer.json().path("metadata").path("size").asLong(-1));
      assertEquals(sha256(new byte[0]), answer.json().path("metadata").path("checksum").asText());
    }
  }

  static List<Integer> sizesAroundTheLimit() {
    return List.of(MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1);
  }

  @ParameterizedTest
  @MethodSource("sizesAroundTheLimit")
  void aFileOfTheLimitPassesAndOneByteMoreDoesNot(int size) {
    byte[] bytes = new byte[size];
    URI chunked = server.resolve("/workers/limit/versions/chunked-" + size);
    List<Answer> answers =
        List.of(
            post(server, Form.of("limit", "form-" + size, bytes)),
            put(server, "/workers/limit/versions/length-" + size, bytes),
            send(
                HttpRequest.newBuilder(chunked)
                    .PUT(
                        BodyPublishers.ofInputStream(
                            () -> new java.io.ByteArrayInputStream(bytes)))));

    for (Answer answer : answers) {
      assertEquals(size > MAX_BYTES ? 413 : 200, answer.status(), answer.toString());
      if (size > MAX_BYTES) {
        assertEquals("too_large", answer.error());
        assertTrue(answer.message().contains("at most " + MAX_BYTES), answer.message());
      }
    }
    fixture.awaitNoLeftovers();
  }

  @Test
  void aBodyThatIsTooLargeByItsLengthIsNotAskedFor() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  "PUT /workers/w/versions/expect HTTP/1.1\r\nHost: x\r\nContent-Length: "
                      + (MAX_BYTES + 1)
                      + "\r\nExpect: 100-continue\r\n\r\n")
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    }
  }

  @Test
  void aBodyIsNotAskedForWhenTheNameIsBad() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  "PUT /workers/../versions/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                      + "Expect: 100-continue\r\n\r\n")
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    }
  }

  @Test
  void aBodyThatIsWelcomeIsAskedFor() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  "PUT /workers/w/versions/asked HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                      + "Connection: close\r\nExpect: 100-continue\r\n\r\nhi")
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), answer);
    }
  }

  @Test
  void aClientThatIsStillSendingSeesWhyItIsRefused() {
    try (Wire wire = new Wire(server)) {
      wire.send(
          "PUT /workers/w/versions/big HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
      String answer = wire.send(new byte[3_000_000]).answer();

      assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    }
  }

  static List<String> badNames() {
    return List.of(
        "",
        ".",
        "..",
        "a/b",
        "/",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\u007fb",
        "a\u0085b",
        "a\u2028b",
        "é".repeat(128),
        "x".repeat(256));
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void aBadNameInAFormIsRefused(String name) {
    Answer filename = post(server, Form.of(name, "1", CODE));
    Answer version = post(server, Form.of("bad-version", name, CODE));

    for (Answer answer : List.of(filename, version)) {
      assertEquals(400, answer.status(), answer.toString());
      assertEquals("invalid_name", answer.error());
    }
    assertTrue(filename.message().startsWith("filename "), filename.message());
    assertTrue(version.message().startsWith("version "), version.message());
    fixture.awaitNoLeftovers();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "%2e",
        "%2e%2E",
        ".%2e",
        "a%2Fb",
        "..%2f..%2fetc%2fpasswd",
        "%2F",
        "a%5Cb",
        "%5c..%5c",
        "%00",
        "a%0ab",
        "a%7Fb",
        "%C2%85",
        "%E2%80%A8",
        "%ff",
        "%c3",
        "%c0%ae%c0%ae",
        "%ed%a0%80",
      })
  void aBadNameInAPathIsRefused(String segment) {
    for (String path :
        List.of("/workers/" + segment + "/versions/1", "/workers/bad-path/versions/" + segment)) {
      try (Wire wire = new Wire(server)) {
        String answer =
            wire.send(
                    "PUT "
                        + path
                        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "Content-Length: 1\r\n\r\nx")
                .answer();

        assertTrue(answer.startsWith("HTTP/1.1 400 "), path + ": " + answer);
        assertTrue(answer.contains("{\"error\":\""), answer);
      }
    }
    fixture.awaitNoLeftovers();
  }

  @ParameterizedTest
  @CsvSource({
    "%252e%252e, %2e%2e",
    "a+b, a+b",
    "a;b=c, a;b=c",
    "caf%C3%A9, café",
    "cafe%CC%81, café",
    "%F0%9F%9A%80, 🚀",
    "..., ...",
    "%20a%20, ' a '",
    "a%3Fb%23c, a?b#c",
  })
  void aNameIsDecodedOnce(String segment, String name) {
    Answer answer = put(server, "/workers/" + segment + "/versions/decoded", CODE);

    assertEquals(200, answer.status(), answer.toString());
    assertEquals(name, answer.json().path("metadata").path("filename").asText());
  }

  @Test
  void aNameOf255BytesIsTheLongest() {
    String name = "é".repeat(127) + "x";

    assertEquals(200, post(server, Form.of(name, name, CODE)).status());
    assertEquals(400, post(server, Form.of(name + "x", "1", CODE)).status());
  }

  @Test
  void aPathMayHaveRawUtf8() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  utf8(
                      "PUT /workers/größe/versions/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                          + "Content-Length: 1\r\n\r\nx"))
              .answer();

      assertTrue(answer.contains("\"filename\":\"größe\""), answer);
    }
  }

  @Test
  void namesAreNormalised() {
    Answer decomposed = post(server, Form.of("cafe\u0301", "1\u030a", CODE));

    assertEquals("caf\u00e9", decomposed.json().path("metadata").path("filename").asText());
    assertEquals(
        decomposed.revision(),
        post(server, Form.of("caf\u00e9", "1\u030a", CODE)).revision(),
        "one and the same");
  }

  @Test
  void aBodyThatIsCutOffLeavesNothing() {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  "PUT /workers/cut/versions/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000"
                      + "\r\n\r\n")
              .send(new byte[70_000])
              .end()
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
      assertTrue(answer.contains("\"body_cut_off\""), answer);
    }
    try (Wire wire = new Wire(server)) {
      wire.send("PUT /workers/cut/versions/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
          .send(new byte[70_000]);
      UploadFixture.await(() -> fixture.blobs() != null);
    }
    fixture.awaitNoLeftovers();
    assertEquals(404, delete(server, "/workers/cut/versions/1").status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz", "-5", "+5", "", "5\r\nhello!!0", "f0f0f0f0f0f0f0f0f0"})
  void malformedChunksAreRefused(String chunks) {
    try (Wire wire = new Wire(server)) {
      String answer =
          wire.send(
                  "PUT /workers/chunks/versions/1 HTTP/1.1\r\nHost: x\r\n"
                      + "Transfer-Encoding: chunked\r\n\r\n"
                      + chunks
                      + "\r\n\r\n")
              .end()
              .answer();

      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    }
    fixture.awaitNoLeftovers();
  }

  @Test
  void partOfAFileIsRefused() {
    Answer answer =
        send(
            HttpRequest.newBuilder(server.resolve("/workers/w/versions/part"))
                .header("Content-Range", "bytes 0-9/100")
                .PUT(BodyPublishers.ofString("0123456789")));

    assertEquals(400, answer.status());
    assertEquals("partial_upload", answer.error());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "identity | 200",
        "IDENTITY | 200",
        ", identity , | 200",
        "gzip | 415",
        "x-gzip, identity | 415",
        "identity,\tbr | 415",
        "aws-chunked | 415",
      })
  void anEncodedBodyIsNeitherStoredNorAskedFor(String encoding, int status) {
    String form = new String(Form.of("encoded", "1", CODE).bytes(), StandardCharsets.UTF_8);
    record Upload(String head, String body) {}
    for (Upload upload :
        List.of(
            new Upload(
                "PUT /workers/encoded/versions/1 HTTP/1.1\r\n",
                new String(CODE, StandardCharsets.UTF_8)),
            new Upload(
                "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary="
                    + Form.BOUNDARY
                    + "\r\n",
                form),
            new Upload("POST /maintenance/gc HTTP/1.1\r\n", "{}"))) {
      try (Wire wire = new Wire(server)) {
        wire.send(
            upload.head
                + "Host: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Encoding: "
                + encoding
                + "\r\nContent-Length: "
                + upload.body.length()
                + "\r\n\r\n");
        if (status == 415) {
          String answer = wire.answer();
          assertTrue(answer.startsWith("HTTP/1.1 415 "), answer);
          assertTrue(answer.contains("\r\nAccept-Encoding: identity\r\n"), answer);
          assertTrue(answer.contains("\"error\":\"unsupported_encoding\""), answer);
        } else {
          String answer = wire.send(upload.body).answer();
          assertTrue(answer.contains("\r\n\r\nHTTP/1.1 200 "), answer);
        }
      }
    }
    fixture.awaitNoLeftovers();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /upload, 'OPTIONS, POST'",
    "PUT, /upload, 'OPTIONS, POST'",
    "POST, /workers/w/versions/1, 'DELETE, OPTIONS, PUT'",
    "GET, /workers/w/versions/1, 'DELETE, OPTIONS, PUT'",
    "POST, /workers/w/latest, 'OPTIONS, PUT'",
    "DELETE, /health, 'GET, HEAD, OPTIONS'",
  })
  void anotherMethodIsToldWhichAreAllowed(String method, String path, String allowed) {
    Answer answer =
        send(HttpRequest.newBuilder(server.resolve(path)).method(method, BodyPublishers.noBody()));

    assertEquals(405, answer.status());
    assertEquals(List.of(allowed), answer.headers().get("allow"));
    assertEquals("method_not_allowed", answer.error());
  }

  @Test
  void anUnknownPathIsNotFound() {
    Answer answer = put(server, "/workers/w/versions/1/more", "x");

    assertEquals(404, answer.status());
    assertEquals("not_found", answer.error());
  }

  @Test
  void whatIsNotHttpGetsAnAnswerAndNoWarning() {
    try (Wire wire = new Wire(server)) {
      assertTrue(
          wire.send("\u0016\u0003\u0001 hello\r\n\r\n").answer().startsWith("HTTP/1.1 400 "));
    }
  }
}
