package dev.controlplane.upload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.server.ServerProcess;
import dev.controlplane.server.settings.Settings;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** An upload-server over a data directory of its own, and requests to it. */
final class UploadFixture {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** An answer: its status, headers, and body as JSON. */
  record Answer(int status, Map<String, List<String>> headers, JsonNode json) {
    String error() {
      return json.path("error").asText();
    }

    String message() {
      return json.path("message").asText();
    }

    long revision() {
      return json.path("revision").asLong();
    }
  }

  private final Path directory;
  private final AutoCloseable resources;
  private final WebServer server;

  private UploadFixture(Path directory, AutoCloseable resources, WebServer server) {
    this.directory = directory;
    this.resources = resources;
    this.server = server;
  }

  /** Starts a server on a free port. Settings alternate with values. */
  static UploadFixture start(String... settings) {
    try {
      Path directory = Files.createTempDirectory("upload");
      Map<String, String> environment = new HashMap<>();
      environment.put("STORAGE_PATH", directory.toString());
      environment.put("UPLOAD_PORT", "0");
      for (int i = 0; i < settings.length; i += 2) {
        environment.put(settings[i], settings[i + 1]);
      }
      WebServerConfig.Builder builder = WebServerConfig.builder();
      AutoCloseable resources =
          ServerProcess.configure(
              "upload-server", Settings.load(environment), builder, UploadServer::configure);
      return new UploadFixture(directory, resources, builder.build().start());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until nothing is left of uploads that became no version. */
  void awaitNoLeftovers() {
    await(() -> incoming().isEmpty());
  }

  /** Files of uploads that are on their way. */
  List<Path> incoming() {
    return files(directory.resolve("blobs/tmp"));
  }

  /** Blobs on disk. */
  List<Path> blobs() {
    return files(directory.resolve("blobs/sha256"));
  }

  private static List<Path> files(Path root) {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).toList();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        // Removed while it was looked at.
        return files(root);
      }
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void await(java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not so after 20 s");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  static Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<byte[]> response =
          HTTP.sendAsync(request.build(), BodyHandlers.ofByteArray()).get(30, TimeUnit.SECONDS);
      return new Answer(
          response.statusCode(), response.headers().map(), JSON.readTree(response.body()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static Answer put(URI server, String path, byte[] body) {
    return send(HttpRequest.newBuilder(server.resolve(path)).PUT(BodyPublishers.ofByteArray(body)));
  }

  static Answer put(URI server, String path, String body) {
    return put(server, path, utf8(body));
  }

  static Answer delete(URI server, String path) {
    return send(HttpRequest.newBuilder(server.resolve(path)).DELETE());
  }

  static Answer post(URI server, String path, String body) {
    return send(
        HttpRequest.newBuilder(server.resolve(path))
            .POST(body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
  }

  static Answer post(URI server, Form form) {
    return send(
        HttpRequest.newBuilder(server.resolve("/upload"))
            .header("Content-Type", "multipart/form-data; boundary=" + Form.BOUNDARY)
            .POST(BodyPublishers.ofByteArray(form.bytes())));
  }

  /** A multipart/form-data body. */
  static final class Form {
    static final String BOUNDARY = "----a-boundary";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** The usual three fields. */
    static Form of(String filename, String version, byte[] file) {
      return new Form().text("filename", filename).text("version", version).file(file);
    }

    Form text(String name, String value) {
      return part("Content-Disposition: form-data; name=\"" + name + "\"", utf8(value));
    }

    Form file(byte[] content) {
      return part(
          "Content-Disposition: form-data; name=\"file\"; filename=\"elsewhere/named.bin\"\r\n"
              + "Content-Type: text/javascript",
          content);
    }

    Form part(String header, byte[] content) {
      bytes.writeBytes(utf8("--" + BOUNDARY + "\r\n" + header + "\r\n\r\n"));
      bytes.writeBytes(content);
      bytes.writeBytes(utf8("\r\n"));
      return this;
    }

    /** The body, and the line that ends it. */
    byte[] bytes() {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(bytes.toByteArray());
      all.writeBytes(utf8("--" + BOUNDARY + "--\r\n"));
      return all.toByteArray();
    }
  }

  /** A connection on which anything can be sent. */
  static final class Wire implements AutoCloseable {
    private final Socket socket;

    Wire(URI server) {
      try {
        socket = new Socket(server.getHost(), server.getPort());
        socket.setSoTimeout(20_000);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Wire send(String text) {
      return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Wire send(byte[] bytes) {
      try {
        socket.getOutputStream().write(bytes);
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Ends what is sent; an answer can still come. */
    Wire end() {
      try {
        socket.shutdownOutput();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** All that comes until the server closes the connection. */
    String answer() {
      try {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
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
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
