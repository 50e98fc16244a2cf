package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The largest file that is taken by default passes through servers with a heap of 64 MiB. */
@TestMethodOrder(OrderAnnotation.class)
class HugeFileTest {
  private static final long LIMIT = 1L << 30;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static Cluster cluster;
  private static String digest;

  @BeforeAll
  static void start() throws Exception {
    cluster = Cluster.builder().jvm("-Xmx64m").start();
    digest = digestOf(new Noise(LIMIT));
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** Bytes that don't repeat, made as they are read. */
  private static final class Noise extends InputStream {
    private final ByteBuffer block = ByteBuffer.allocate(64 << 10);
    private long remaining;

    Noise(long length) {
      remaining = length;
      new Random(length).nextBytes(block.array());
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (remaining == 0) {
        return -1;
      }
      if (!block.hasRemaining()) {
        block.clear().putLong(0, remaining);
      }
      int count = (int) Math.min(Math.min(length, block.remaining()), remaining);
      block.get(into, offset, count);
      remaining -= count;
      return count;
    }
  }

  private static String digestOf(InputStream in) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (DigestInputStream all = new DigestInputStream(in, digest)) {
      all.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return Cluster.HTTP.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
  }

  private static void requireServed(HttpResponse<String> uploaded) throws Exception {
    assertEquals(200, uploaded.statusCode(), uploaded::body);
    var metadata = Cluster.json(uploaded).path("metadata");
    assertEquals(digest, metadata.path("checksum").asText());
    assertEquals(LIMIT, metadata.path("size").asLong());
    HttpResponse<InputStream> served =
        Cluster.HTTP.send(
            HttpRequest.newBuilder(
                    URI.create(cluster.consumerUrl() + metadata.path("filepath").asText()))
                .timeout(PATIENCE)
                .build(),
            BodyHandlers.ofInputStream());
    assertEquals(200, served.statusCode());
    assertEquals(LIMIT, served.headers().firstValueAsLong("Content-Length").orElse(-1));
    assertEquals(digest, digestOf(served.body()));
    assertEquals(List.of(), cluster.unfinishedUploads());
    cluster.servers().forEach(server -> assertTrue(server.alive(), server::logText));
  }

  @Test
  @Order(1)
  void aRawBodyOfExactlyTheLimitIsUploadedAndServed() throws Exception {
    requireServed(
        send(
            HttpRequest.newBuilder(cluster.versionUri("huge", "raw"))
                .PUT(
                    BodyPublishers.fromPublisher(
                        BodyPublishers.ofInputStream(() -> new Noise(LIMIT)), LIMIT))));
  }

  private static HttpRequest.Builder form(long size) {
    String head =
        """
        --edge\r
        Content-Disposition: form-data; name="filename"\r
        \r
        huge\r
        --edge\r
        Content-Disposition: form-data; name="version"\r
        \r
        form\r
        --edge\r
        Content-Disposition: form-data; name="file"; filename="huge.bin"\r
        Content-Type: application/octet-stream\r
        \r
        """;
    return HttpRequest.newBuilder(URI.create(cluster.uploadUrl() + "/upload"))
        .header("Content-Type", "multipart/form-data; boundary=edge")
        .POST(
            BodyPublishers.ofInputStream(
                () ->
                    new SequenceInputStream(
                        Collections.enumeration(
                            List.of(text(head), new Noise(size), text("\r\n--edge--\r\n"))))));
  }

  private static InputStream text(String text) {
    return new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  @Order(2)
  void aFormWithAFileOfExactlyTheLimitIsUploadedAndServed() throws Exception {
    requireServed(send(form(LIMIT)));
  }

  @Test
  @Order(3)
  void oneByteMoreIsRefusedAndLeavesNothing() throws Exception {
    HttpResponse<String> raw =
        send(
            HttpRequest.newBuilder(cluster.versionUri("huge", "too-large"))
                .expectContinue(true)
                .PUT(
                    BodyPublishers.fromPublisher(
                        BodyPublishers.ofInputStream(() -> new Noise(LIMIT + 1)), LIMIT + 1)));
    assertEquals(413, raw.statusCode(), raw::body);
    HttpResponse<String> form = send(form(LIMIT + 1));
    assertEquals(413, form.statusCode(), form::body);
    assertEquals(List.of(), cluster.unfinishedUploads());
  }
}
