package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Forms as the libraries of several languages write them, with names that are hard to write. */
class FormWritersTest {
  private static final AtomicInteger VERSIONS = new AtomicInteger();

  /** Names of workers; they travel as values of a field. */
  private static final List<String> WORKERS =
      List.of("plain.js", "gr\u00f6\u00dfe \u20ac \ud83d\ude80.js", "a \"b\" %22 ;name=c&d=+#?.js");

  /** Names of the part of the file, which travel in a header. */
  private static final List<String> PARTS =
      List.of(
          "plain.js",
          "gr\u00f6\u00dfe \u20ac.js",
          "a\"; name=\"version",
          "C:\\dir\\",
          "C:\\a\"b\\",
          "100%22; x=y");

  private static Cluster cluster;
  private static Path file;
  private static byte[] code;

  @BeforeAll
  static void start() throws IOException {
    cluster = Cluster.start();
    byte[] random = new byte[300_000];
    new Random(7).nextBytes(random);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        "\r\n--\r\n----\r\n------WebKitFormBoundary \r\n\n--".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(random);
    bytes.writeBytes("\r\n--\r\n\r".getBytes(StandardCharsets.UTF_8));
    code = bytes.toByteArray();
    file = Files.write(cluster.root().resolve("bundle.bin"), code);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** What a form has beside the file. */
  record Fields(String worker, String version, String part) {}

  @FunctionalInterface
  interface Send {
    /** Uploads; the status and the body of the answer. */
    String send(Fields fields) throws IOException, InterruptedException;
  }

  record Writer(String name, Send send) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Writer> writers() {
    return Stream.of(
        new Writer("curl", fields -> curl(fields)),
        new Writer("curl --form-escape", fields -> curl(fields, "--form-escape")),
        new Writer("Python requests", fields -> python("requests", fields)),
        new Writer("Python httpx", fields -> python("httpx", fields)),
        new Writer("Python urllib3, RFC 2231", fields -> python("urllib3-rfc2231", fields)),
        new Writer("Node FormData", FormWritersTest::node),
        new Writer("Go mime/multipart", FormWritersTest::go),
        new Writer("Java HttpClient", FormWritersTest::java));
  }

  @ParameterizedTest
  @MethodSource("writers")
  void theFileIsStoredUnderTheNameThatTheFormHas(Writer writer) throws Exception {
    for (String worker : WORKERS) {
      requireStored(writer, new Fields(worker, "v" + VERSIONS.incrementAndGet(), "plain.js"));
    }
  }

  @ParameterizedTest
  @MethodSource("writers")
  void theNameOfTheFilesPartMeansNothing(Writer writer) throws Exception {
    for (String part : PARTS) {
      requireStored(writer, new Fields("part.js", "v" + VERSIONS.incrementAndGet(), part));
    }
  }

  private static void requireStored(Writer writer, Fields fields) throws Exception {
    String answer = writer.send.send(fields);
    assertTrue(answer.startsWith("200 "), writer + ", " + fields + ": " + answer);
    JsonNode metadata = new ObjectMapper().readTree(answer.substring(4)).path("metadata");
    assertEquals(fields.worker, metadata.path("filename").asText());
    assertEquals(fields.version, metadata.path("version").asText());
    String url =
        "%s/file/%s/version/%s"
            .formatted(
                cluster.consumerUrl(),
                Cluster.segment(fields.worker),
                Cluster.segment(fields.version));
    HttpResponse<byte[]> stored =
        Cluster.HTTP.send(
            HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray());
    assertArrayEquals(code, stored.body(), writer + ", " + fields);
  }

  private static String uploadUrl() {
    return cluster.uploadUrl() + "/upload";
  }

  private static String run(String... command) {
    return Tools.run(command).mustSucceed().output();
  }

  private static String curl(Fields fields, String... options) {
    // In quotes, curl reads a backslash as the start of an escape.
    String part = fields.part.replace("\\", "\\\\").replace("\"", "\\\"");
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60"));
    command.addAll(List.of(options));
    command.addAll(List.of("--form-string", "filename=" + fields.worker));
    command.addAll(List.of("-F", "file=@%s;filename=\"%s\"".formatted(file, part)));
    command.addAll(List.of("--form-string", "version=" + fields.version));
    command.addAll(List.of("-w", "%{http_code}", uploadUrl()));
    return statusFirst(run(command.toArray(String[]::new)));
  }

  /** curl prints the status last. */
  private static String statusFirst(String output) {
    String text = output.strip();
    int status = text.lastIndexOf('\n') + 1;
    return text.substring(status) + " " + text.substring(0, status);
  }

  private static String python(String writer, Fields fields) {
    return run(
        Tools.python(),
        "src/test/python/form.py",
        writer,
        uploadUrl(),
        fields.worker,
        fields.version,
        file.toString(),
        fields.part);
  }

  private static String node(Fields fields) {
    return run(
        "node",
        "src/test/js/form.mjs",
        uploadUrl(),
        fields.worker,
        fields.version,
        file.toString(),
        fields.part);
  }

  private static String go(Fields fields) {
    return run(
        Tools.built("formwriter"),
        uploadUrl(),
        fields.worker,
        fields.version,
        file.toString(),
        fields.part);
  }

  /** As people write forms for java.net.http, which has none: nothing is quoted but the name. */
  private static String java(Fields fields) throws IOException, InterruptedException {
    String boundary = "Java-" + "x".repeat(65);
    String head =
        """
        --BOUNDARY
        Content-Disposition: form-data; name=filename
        Content-Type: text/plain; charset=UTF-8
        Content-Transfer-Encoding: 8bit

        WORKER
        --BOUNDARY
        Content-Disposition: form-data; name=version

        VERSION
        --BOUNDARY
        Content-Type: application/octet-stream
        Content-Disposition: form-data; filename="PART"; name="file"
        Content-Transfer-Encoding: binary

        """
            .replace("\n", "\r\n")
            .replace("BOUNDARY", boundary)
            .replace("WORKER", fields.worker)
            .replace("VERSION", fields.version)
            .replace("PART", fields.part.replace("\"", "%22"));
    HttpResponse<String> answer =
        Cluster.send(
            HttpRequest.newBuilder(URI.create(uploadUrl()))
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(
                    BodyPublishers.concat(
                        BodyPublishers.ofString(head),
                        BodyPublishers.ofFile(file),
                        BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"))));
    return answer.statusCode() + " " + answer.body();
  }
}
