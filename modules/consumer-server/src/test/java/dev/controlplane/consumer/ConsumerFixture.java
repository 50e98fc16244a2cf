package dev.controlplane.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.server.ServerProcess;
import dev.controlplane.server.settings.Settings;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A consumer-server over a data directory that the test writes with the catalog itself. */
final class ConsumerFixture {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** An answer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String header(String name) {
      return headers.get(name);
    }

    JsonNode json() {
      try {
        return new ObjectMapper().readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** An error as {@code status error}. */
    String failure() {
      return status + " " + json().path("error").asText();
    }
  }

  private final Path directory;
  private final Catalog catalog;
  private final BlobStore blobs;
  private final AutoCloseable resources;
  private final WebServer server;

  private ConsumerFixture(
      Path directory, Catalog catalog, BlobStore blobs, AutoCloseable resources, WebServer server) {
    this.directory = directory;
    this.catalog = catalog;
    this.blobs = blobs;
    this.resources = resources;
    this.server = server;
  }

  /**
   * Makes a consumer-server of the builder of Helidon's testing. Settings alternate with values.
   */
  static ConsumerFixture start(String... settings) {
    try {
      Path directory = Files.createTempDirectory("consumer");
      Map<String, String> environment = new HashMap<>();
      environment.put("STORAGE_PATH", directory.toString());
      environment.put("CONSUMER_PORT", "0");
      for (int i = 0; i < settings.length; i += 2) {
        environment.put(settings[i], settings[i + 1]);
      }
      Catalog catalog = DataDirectory.openCatalog(directory);
      WebServerConfig.Builder builder = WebServerConfig.builder();
      AutoCloseable resources =
          ServerProcess.configure(
              "consumer-server", Settings.load(environment), builder, ConsumerServer::configure);
      return new ConsumerFixture(
          directory,
          catalog,
          DataDirectory.openBlobs(directory, catalog),
          resources,
          builder.build().start());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  Catalog catalog() {
    return catalog;
  }

  void publish(String worker, String version, byte[] bytes, String contentType) {
    try (BlobStore.Upload upload = blobs.receive()) {
      upload.write(bytes, 0, bytes.length);
      catalog.publish(worker, version, upload.commit(), contentType);
    }
  }

  void publish(String worker, String version, byte[] bytes) {
    publish(worker, version, bytes, "");
  }

  /** The file on disk that holds these bytes. */
  Path blob(byte[] bytes) {
    String name = sha256(bytes);
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(f -> f.getFileName().toString().equals(name)).findFirst().orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes one byte of a blob on disk, and leaves its length and time stamp as they were. */
  void damage(byte[] bytes, int position) {
    try {
      Path file = blob(bytes);
      var time = Files.getLastModifiedTime(file);
      byte[] damaged = bytes.clone();
      damaged[position] ^= 1;
      Files.write(file, damaged);
      Files.setLastModifiedTime(file, time);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes that no two tests share. */
  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static Answer get(URI server, String path, String... headers) {
    return send("GET", server, path, headers);
  }

  static Answer head(URI server, String path, String... headers) {
    return send("HEAD", server, path, headers);
  }

  static Answer send(String method, URI server, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path)).method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<byte[]> response =
          HTTP.sendAsync(request.build(), BodyHandlers.ofByteArray()).get(30, TimeUnit.SECONDS);
      Map<String, String> received = new HashMap<>();
      response
          .headers()
          .map()
          .forEach((name, values) -> received.put(name, String.join(", ", values)));
      return new Answer(response.statusCode(), received, response.body());
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  URI server() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /** Ends the server and removes its data. */
  void close() throws Exception {
    server.stop();
    resources.close();
    catalog.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
