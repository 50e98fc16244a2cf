package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The HTTP API as a person with curl meets it. */
class CurlTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static Cluster cluster;
  private static Path bundle;
  private static byte[] code;

  @BeforeAll
  static void start() throws IOException {
    cluster = Cluster.start();
    // Above what curl sends without asking first (Expect: 100-continue).
    code = new byte[3 << 20];
    new Random(1).nextBytes(code);
    bundle = Files.write(cluster.root().resolve("bundle.js"), code);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private record Answer(int status, String headers, Path file) {
    byte[] body() throws IOException {
      return Files.readAllBytes(file);
    }

    JsonNode json() throws IOException {
      return JSON.readTree(body());
    }

    String text() {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        return e.toString();
      }
    }

    String header(String name) {
      return headers
          .lines()
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  /** Runs curl; the headers are those of the last answer (the one after 100 Continue). */
  private static Answer curl(String... arguments) throws IOException {
    Path body = Files.createTempFile(cluster.root(), "body", "");
    Path headers = Files.createTempFile(cluster.root(), "headers", "");
    List<String> command =
        new ArrayList<>(
            List.of("curl", "-sS", "--path-as-is", "--max-time", "30", "-w", "%{http_code}"));
    command.addAll(List.of("-o", body.toString(), "-D", headers.toString()));
    command.addAll(List.of(arguments));
    String status = Tools.run(command.toArray(String[]::new)).mustSucceed().output();
    String all = Files.readString(headers, StandardCharsets.ISO_8859_1).stripTrailing();
    String last = all.substring(Math.max(0, all.lastIndexOf("\r\n\r\n")));
    return new Answer(Integer.parseInt(status), last, body);
  }

  @ParameterizedTest
  @CsvSource({"filename,version,file", "file,version,filename", "version,file,filename"})
  void aMultipartUploadSucceedsWithItsFieldsInAnyOrder(String one, String two, String three)
      throws IOException {
    String worker = "form-" + one;
    List<String> arguments = new ArrayList<>();
    for (String field : List.of(one, two, three)) {
      arguments.add("-F");
      arguments.add(
          switch (field) {
            case "filename" -> "filename=" + worker;
            case "version" -> "version=1.0.0";
            default -> "file=@" + bundle;
          });
    }
    arguments.add(cluster.uploadUrl() + "/upload");
    requireUploaded(curl(arguments.toArray(String[]::new)), worker, "1.0.0", true);
  }

  @Test
  void aRawUploadOfTheSameBytesIsAnsweredWithTheFirstRevisionAndOthersAreRefused()
      throws IOException {
    String url = cluster.uploadUrl() + "/workers/raw/versions/1.0.0";
    Answer first = curl("-T", bundle.toString(), url);
    requireUploaded(first, "raw", "1.0.0", true);

    Answer again = curl("-T", bundle.toString(), url);
    requireUploaded(again, "raw", "1.0.0", false);
    assertEquals(first.json().path("revision"), again.json().path("revision"));

    Answer other = curl("-X", "PUT", "--data-binary", "other bytes", url);
    assertEquals(409, other.status(), other::text);
    requireError(other);
  }

  @Test
  void aRawUploadNeedsNoContentLength() throws IOException {
    String url = cluster.uploadUrl() + "/workers/chunked/versions/1";
    Answer answer = curl("-H", "Transfer-Encoding: chunked", "-T", bundle.toString(), url);
    requireUploaded(answer, "chunked", "1", true);
  }

  private static void requireUploaded(Answer answer, String worker, String version, boolean created)
      throws IOException {
    assertEquals(200, answer.status(), answer::text);
    JsonNode body = answer.json();
    assertTrue(body.path("success").asBoolean());
    assertFalse(body.path("message").asText().isEmpty());
    assertEquals(created, body.path("created").asBoolean(!created));
    assertTrue(body.path("revision").asLong() > 0);
    JsonNode metadata = body.path("metadata");
    assertEquals(worker, metadata.path("filename").asText());
    assertEquals(version, metadata.path("version").asText());
    assertEquals(Cluster.sha256(code), metadata.path("checksum").asText());
    assertEquals(code.length, metadata.path("size").asLong());
    String path = "/file/" + worker + "/version/" + version;
    assertEquals(path, metadata.path("filepath").asText());
    String uploadedAt = metadata.path("uploaded_at").asText();
    assertTrue(uploadedAt.endsWith("Z"), uploadedAt);
    assertTrue(Instant.parse(uploadedAt).isBefore(Instant.now().plusSeconds(1)));

    Answer served = curl(cluster.consumerUrl() + path);
    assertEquals(200, served.status());
    assertArrayEquals(code, served.body());
    assertEquals('"' + Cluster.sha256(code) + '"', served.header("ETag"));
    assertEquals(version, served.header("X-File-Version"));
    assertEquals(Cluster.sha256(code), served.header("X-File-Checksum"));
  }

  @Test
  void aDownloadIsSplitRevalidatedAndNamed() throws IOException {
    String name = "plugin é 漢.js";
    String url = cluster.consumerUrl() + "/file/" + Cluster.segment(name);
    cluster.published(name, "1", code);

    Answer head = curl("-I", url);
    assertEquals(200, head.status());
    assertEquals(String.valueOf(code.length), head.header("Content-Length"));
    assertEquals("bytes", head.header("Accept-Ranges"));
    assertTrue(head.header("Repr-Digest").startsWith("sha-256=:"), head.headers());
    assertTrue(head.header("Cache-Control").contains("no-cache"), head.headers());
    assertTrue(
        head.header("Content-Disposition").contains("filename*=UTF-8''" + Cluster.segment(name)),
        head.headers());
    assertTrue(curl("-I", url + "/version/1").header("Cache-Control").contains("immutable"));

    String etag = head.header("ETag");
    assertEquals(304, curl("-H", "If-None-Match: " + etag, url).status());
    Answer part = curl("-r", "1000-1999", url);
    assertEquals(206, part.status());
    assertArrayEquals(java.util.Arrays.copyOfRange(code, 1000, 2000), part.body());
    assertEquals("bytes 1000-1999/" + code.length, part.header("Content-Range"));
    assertEquals(206, curl("-r", "0-9", "-H", "If-Range: " + etag, url).status());
    assertEquals(200, curl("-r", "0-9", "-H", "If-Range: \"other\"", url).status());
    Answer beyond = curl("-r", code.length + "-", url);
    assertEquals(416, beyond.status());
    assertEquals("bytes */" + code.length, beyond.header("Content-Range"));
  }

  @Test
  void consumersGetTheSameOverHttp2() throws IOException {
    String url = cluster.consumerUrl() + "/file/h2";
    cluster.published("h2", "1", code);
    Answer whole = http2(url);
    assertEquals(200, whole.status());
    assertArrayEquals(code, whole.body());
    assertEquals('"' + Cluster.sha256(code) + '"', whole.header("ETag"));
    Answer head = http2("-I", url);
    assertEquals(String.valueOf(code.length), head.header("Content-Length"));
    Answer unchanged = http2("-H", "If-None-Match: " + whole.header("ETag"), url);
    assertEquals(304, unchanged.status());
    assertEquals("", unchanged.header("Content-Length"));
    Answer part = http2("-r", "1000-1999", url);
    assertEquals(206, part.status());
    assertArrayEquals(java.util.Arrays.copyOfRange(code, 1000, 2000), part.body());

    assertEquals(404, http2(cluster.consumerUrl() + "/file/none").status());
    assertEquals(400, http2(cluster.consumerUrl() + "/file/%zz").status());
    assertEquals(400, http2(url + "?%zz").status());
    assertEquals(405, http2("-X", "DELETE", url).status());
    Answer refused = http2("-T", bundle.toString(), url);
    assertEquals(413, refused.status(), refused::text);
    requireError(refused);
    assertEquals("healthy", http2(cluster.consumerUrl() + "/health").json().at("/status").asText());
  }

  private static Answer http2(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("--http2-prior-knowledge"));
    all.addAll(List.of(arguments));
    Answer answer = curl(all.toArray(String[]::new));
    assertTrue(answer.headers().contains("HTTP/2"), answer.headers());
    return answer;
  }

  @Test
  void rollbackAndDeleteMoveLatestAndTheVersionStaysUsed() throws IOException {
    long first = cluster.published("moves", "1", bytes("one"));
    long second = cluster.published("moves", "2", bytes("two"));
    assertEquals(first + 1, second);
    assertEquals("two", curl(cluster.consumerUrl() + "/file/moves").text());

    String latest = cluster.uploadUrl() + "/workers/moves/latest";
    String[] rollback = {
      "-X", "PUT", "-H", "Content-Type: application/json", "-d", "{\"version\":\"1\"}", latest
    };
    Answer back = curl(rollback);
    assertEquals(200, back.status(), back::text);
    assertEquals(second + 1, back.json().path("revision").asLong());
    assertEquals("one", curl(cluster.consumerUrl() + "/file/moves").text());
    Answer again = curl(rollback);
    assertEquals(200, again.status(), again::text);
    assertEquals(
        second + 1, again.json().path("revision").asLong(), "rolling back to latest logs nothing");

    assertEquals(second + 2, cluster.deleted("moves", "1"));
    assertEquals("two", curl(cluster.consumerUrl() + "/file/moves").text());
    assertEquals(404, curl(cluster.consumerUrl() + "/file/moves/version/1").status());
    String one = cluster.uploadUrl() + "/workers/moves/versions/1";
    assertEquals(409, curl("-X", "PUT", "--data-binary", "other", one).status());
    assertEquals(200, curl("-X", "PUT", "--data-binary", "one", one).status());
    assertEquals("one", curl(cluster.consumerUrl() + "/file/moves/version/1").text());

    cluster.deleted("moves", "1");
    cluster.deleted("moves", "2");
    assertEquals(404, curl(cluster.consumerUrl() + "/file/moves").status());
    assertEquals(404, curl(cluster.consumerUrl() + "/file/moves/info").status());
  }

  @Test
  void listsArePagedWithoutLossOrRepetition() throws IOException {
    List<String> published = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      cluster.published("paged", "v" + i, bytes("version " + i));
      published.addFirst("v" + i);
    }
    List<String> listed = new ArrayList<>();
    String url = cluster.consumerUrl() + "/file/paged/versions?limit=10";
    JsonNode page = curl(url).json();
    while (true) {
      assertEquals("paged", page.path("filename").asText());
      assertEquals("v24", page.path("latest").asText());
      page.path("versions").forEach(version -> listed.add(version.path("version").asText()));
      assertTrue(page.has("next"), "next is there at the end too, as null");
      if (page.path("next").isNull()) {
        break;
      }
      page = curl(url + "&after=" + Cluster.segment(page.path("next").asText())).json();
    }
    assertEquals(published, listed);

    JsonNode files = curl(cluster.consumerUrl() + "/files?limit=1000").json();
    List<String> names =
        files.path("files").valueStream().map(file -> file.path("filename").asText()).toList();
    assertTrue(names.contains("paged"), names::toString);
    assertEquals(names.stream().sorted().toList(), names);
    JsonNode info = curl(cluster.consumerUrl() + "/file/paged/info").json();
    assertEquals("v24", info.path("version").asText());
    assertEquals(Cluster.sha256(bytes("version 24")), info.path("checksum").asText());
  }

  @ParameterizedTest(name = "{0} {1} {2} {3} is answered with {4}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          upload   | PUT    | /workers/%2e%2e/versions/1    | -dx | 400
          upload   | PUT    | /workers/%2E/versions/1       | -dx | 400
          upload   | PUT    | /workers/a%2Fb/versions/1     | -dx | 400
          upload   | PUT    | /workers/a%5Cb/versions/1     | -dx | 400
          upload   | PUT    | /workers/a%00b/versions/1     | -dx | 400
          upload   | PUT    | /workers/a%0Ab/versions/1     | -dx | 400
          upload   | PUT    | /workers/a%7Fb/versions/1     | -dx | 400
          upload   | PUT    | /workers/a%FFb/versions/1     | -dx | 400
          upload   | PUT    | /workers/a/versions/%2e%2e    | -dx | 400
          upload   | PUT    | /workers/a/versions/%2e%2e%2f | -dx | 400
          upload   | DELETE | /workers/%2e%2e/versions/1    |     | 400
          upload   | DELETE | /workers/none/versions/1      |     | 404
          upload   | PUT    | /workers/none/latest          | -d{"version":"1"} | 404
          upload   | PUT    | /workers/none/latest          | -d{"version":".."} | 400
          upload   | PUT    | /workers/none/latest          | -d{"version":1} | 400
          upload   | PUT    | /workers/none/latest          | -d{} | 400
          upload   | PUT    | /workers/none/latest          | -dnonsense | 400
          upload   | POST   | /upload                       | -d{"filename":"x"} | 415
          upload   | POST   | /upload                       | -Ffilename=x | 400
          upload   | POST   | /upload                       | -Ffilename=x -Fversion=1 | 400
          upload   | POST   | /upload                       | -Ffilename=.. -Fversion=1 -Ffile=x | 400
          upload   | POST   | /upload                       | -Ffilename= -Fversion=1 -Ffile=x | 400
          upload   | POST   | /upload                       | -Ffilename=x -Fversion=1 -Fversion=2 -Ffile=x | 400
          upload   | POST   | /upload                       | -Ffilename=x -Fversion=1 -Ffile=x -Ffile=y | 400
          upload   | GET    | /upload                       |     | 405
          upload   | POST   | /workers/a/versions/1         | -dx | 405
          upload   | DELETE | /workers/a/latest             |     | 405
          upload   | GET    | /nothing/here                 |     | 404
          consumer | GET    | /file/none                    |     | 404
          consumer | GET    | /file/none/version/1          |     | 404
          consumer | GET    | /file/none/info               |     | 404
          consumer | GET    | /file/none/versions           |     | 404
          consumer | GET    | /file/%2e%2e                  |     | 400
          consumer | GET    | /file/a/version/%2e%2e        |     | 400
          consumer | GET    | /file/..%2f..%2fetc%2fpasswd  |     | 400
          consumer | GET    | /files?limit=0                |     | 400
          consumer | GET    | /files?limit=1001             |     | 400
          consumer | GET    | /files?limit=ten              |     | 400
          consumer | POST   | /files                        | -dx | 405
          consumer | PUT    | /file/a                       | -dx | 405
          consumer | GET    | /nothing/here                 |     | 404
          grpc     | POST   | /internal/broadcast           | -d{} | 400
          grpc     | POST   | /internal/broadcast           | -d{"revision":0} | 400
          grpc     | POST   | /internal/broadcast           | -d{"revision":-1} | 400
          grpc     | POST   | /internal/broadcast           | -d{"revision":"one"} | 400
          grpc     | POST   | /internal/broadcast           | -dnonsense | 400
          grpc     | GET    | /internal/broadcast           |     | 405
          grpc     | GET    | /consumers?limit=0            |     | 400
          grpc     | POST   | /consumers                    | -dx | 405
          grpc     | GET    | /nothing/here                 |     | 404
          """)
  void badInputIsToldInJson(String server, String method, String path, String body, int status)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-X", method));
    if (body != null) {
      boolean json = body.startsWith("-d{");
      arguments.addAll(
          List.of("-H", json ? "Content-Type: application/json" : "Accept: application/json"));
      arguments.addAll(List.of(body.split(" ")));
    }
    arguments.add(url(server) + path);
    Answer answer = curl(arguments.toArray(String[]::new));
    assertEquals(status, answer.status(), answer::text);
    requireError(answer);
    if (status == 405) {
      assertFalse(answer.header("Allow").isEmpty(), answer.headers());
    }
  }

  @Test
  void aNameMayHave255BytesAndNotOneMore() throws IOException {
    String longest = "n".repeat(251) + "漢" + "x";
    for (String worker : List.of(longest, "n".repeat(255))) {
      cluster.published(worker, "1", bytes("x"));
      cluster.published("long-version", worker, bytes("x"));
    }
    for (String worker : List.of(longest + "y", "n".repeat(256))) {
      assertEquals(400, cluster.publish(worker, "1", bytes("x")).statusCode());
      assertEquals(400, cluster.publish("long-version", worker, bytes("x")).statusCode());
    }
  }

  @Test
  void namesAreTheSameInAnyUnicodeForm() throws IOException {
    cluster.published("caf\u00e9", "1", bytes("composed"));
    assertEquals(
        "composed", curl(cluster.consumerUrl() + "/file/" + Cluster.segment("cafe\u0301")).text());
    assertEquals(409, cluster.publish("cafe\u0301", "1", bytes("other")).statusCode());
  }

  @Test
  void allServersAreHealthyAndTellTheirMetrics() {
    for (String server : List.of("upload", "consumer", "grpc")) {
      assertAll(
          () ->
              assertEquals("healthy", curl(url(server) + "/health").json().at("/status").asText()),
          () -> assertEquals(200, curl(url(server) + "/observe/health").status()),
          () -> assertTrue(curl(url(server) + "/observe/metrics").text().contains("# TYPE ")));
    }
  }

  private static void requireError(Answer answer) throws IOException {
    JsonNode error = answer.json();
    assertTrue(error.path("error").asText().matches("[a-z_-]+"), answer::text);
    assertTrue(error.path("message").asText().length() > 10, answer::text);
  }

  private static String url(String server) {
    return switch (server) {
      case "upload" -> cluster.uploadUrl();
      case "consumer" -> cluster.consumerUrl();
      default -> cluster.grpcHttpUrl();
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
