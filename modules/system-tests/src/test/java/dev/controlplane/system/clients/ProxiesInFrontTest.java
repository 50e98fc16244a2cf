package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.ForeignClient.Run;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The three servers behind the proxies that people put in front of servers. */
class ProxiesInFrontTest {
  private static final int MAX_UPLOAD = 4 << 20;

  private static Cluster cluster;
  private static byte[] code;
  private static Path file;

  @BeforeAll
  static void start() throws IOException {
    cluster = Cluster.builder().with("MAX_UPLOAD_BYTES", Integer.toString(MAX_UPLOAD)).start();
    code = new byte[3 << 20];
    new Random(3).nextBytes(code);
    file = Files.write(cluster.root().resolve("bundle.bin"), code);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** The answer to curl: its body, and the status behind it. */
  private static String curl(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("curl", "-sS", "--max-time", "50", "-w", "%{http_code}"));
    command.addAll(List.of(arguments));
    return Tools.run(command.toArray(String[]::new)).mustSucceed().output();
  }

  private static HttpResponse<byte[]> get(String url, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return Cluster.HTTP.send(request.build(), BodyHandlers.ofByteArray());
  }

  @ParameterizedTest
  @EnumSource
  void uploadsPass(FrontProxy.Kind kind) throws Exception {
    try (FrontProxy proxy = FrontProxy.start(kind, cluster)) {
      String raw = proxy.uploadUrl() + "/workers/" + kind + "/versions/";
      String length = curl("-T", file.toString(), raw + "length");
      String chunked =
          curl("-T", file.toString(), "-H", "Transfer-Encoding: chunked", raw + "chunked");
      String form =
          curl(
              "-F",
              "filename=" + kind,
              "-F",
              "version=form",
              "-F",
              "file=@" + file,
              proxy.uploadUrl() + "/upload");

      for (String answer : List.of(length, chunked, form)) {
        assertTrue(answer.endsWith("}\n200"), answer + proxy.logText());
        assertTrue(answer.contains(Cluster.sha256(code)), answer);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRefusalOfAnUploadThatIsStillBeingSentReachesTheClient(FrontProxy.Kind kind)
      throws Exception {
    String worker = "refused-" + kind;
    cluster.published(worker, "1", "other".getBytes(StandardCharsets.UTF_8));
    Path large = Files.write(cluster.root().resolve("large.bin"), new byte[3 * MAX_UPLOAD]);
    try (FrontProxy proxy = FrontProxy.start(kind, cluster)) {
      String url = proxy.uploadUrl() + "/workers/" + worker + "/versions/1";
      String chunked = "Transfer-Encoding: chunked";

      String conflict = curl("-T", file.toString(), url);
      String tooLarge = curl("-T", large.toString(), url);
      // Without Expect, the body is on its way when the answer comes.
      String unasked = curl("-T", large.toString(), "-H", "Expect:", url);
      String withoutLength = curl("-T", large.toString(), "-H", "Expect:", "-H", chunked, url);

      assertTrue(conflict.contains("version_conflict"), conflict + proxy.logText());
      assertTrue(conflict.endsWith("409"), conflict);
      for (String answer : List.of(tooLarge, unasked, withoutLength)) {
        assertTrue(answer.contains("\"error\":\"too_large\""), answer + proxy.logText());
        assertTrue(answer.endsWith("413"), answer);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void downloadsPassWholeInPartsAndNotAtAll(FrontProxy.Kind kind) throws Exception {
    cluster.published("down-" + kind, "1", code);
    try (FrontProxy proxy = FrontProxy.start(kind, cluster)) {
      String url = proxy.consumerUrl() + "/file/down-" + kind;

      HttpResponse<byte[]> whole = get(url);
      HttpResponse<byte[]> range = get(url, "Range", "bytes=100000-2999999");
      HttpResponse<byte[]> parts = get(url, "Range", "bytes=0-9,-10");
      HttpResponse<byte[]> past = get(url, "Range", "bytes=9999999-");
      HttpResponse<byte[]> same =
          get(url, "If-None-Match", whole.headers().firstValue("ETag").orElseThrow());
      String head = curl("-I", url);

      assertArrayEquals(code, whole.body());
      assertEquals(206, range.statusCode());
      assertArrayEquals(Arrays.copyOfRange(code, 100_000, 3_000_000), range.body());
      assertEquals(206, parts.statusCode());
      assertEquals(416, past.statusCode());
      assertEquals(304, same.statusCode());
      assertTrue(head.toLowerCase(Locale.ROOT).contains("content-length: " + code.length), head);
      assertArrayEquals(code, get(url).body(), "what was cut off or not changed harms no one");
    }
  }

  @ParameterizedTest
  @EnumSource
  void updatesAndHealthPassOverGrpc(FrontProxy.Kind kind) {
    String worker = "pushed-" + kind;
    try (FrontProxy proxy = FrontProxy.start(kind, cluster)) {
      String health =
          Tools.run(
                  Tools.built("grpcurl"),
                  "-plaintext",
                  "-d",
                  "{\"service\":\"controlplane.ControlPlane\"}",
                  "127.0.0.1:" + proxy.grpcPort(),
                  "grpc.health.v1.Health/Check")
              .mustSucceed()
              .output();
      assertTrue(health.contains("SERVING"), health);
      for (ForeignClient client : List.of(ForeignClient.go(), ForeignClient.python())) {
        try (Run run = client.subscribe(proxy.grpcPort(), kind + "-" + client.name(), worker)) {
          for (int i = 0; i < 3; i++) {
            long revision =
                cluster.published(
                    worker, client.name() + i, (kind.name() + i).getBytes(StandardCharsets.UTF_8));
            assertEquals(revision, run.update().path("revision").asLong());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theProxysOwnChecksFindEachServerHealthy(FrontProxy.Kind kind) throws Exception {
    try (FrontProxy proxy = FrontProxy.start(kind, cluster)) {
      proxy.awaitHealthy();
      for (String url : List.of(proxy.uploadUrl(), proxy.consumerUrl(), proxy.grpcHttpUrl())) {
        assertEquals("{\"status\":\"healthy\"}\n200", curl(url + "/health"));
        assertTrue(curl("-I", url + "/observe/health").endsWith("200"));
        assertTrue(curl(url + "/observe/metrics").endsWith("200"));
      }
    }
  }
}
