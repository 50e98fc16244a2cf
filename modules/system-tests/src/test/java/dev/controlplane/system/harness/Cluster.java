package dev.controlplane.system.harness;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The three real jars as processes on free ports, over a data directory of their own. */
public final class Cluster implements AutoCloseable {
  public static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final int uploadPort;
  private final int consumerPort;
  private final int grpcPort;
  private final int httpPort;
  private final ServerUnderTest upload;
  private final ServerUnderTest consumer;
  private final ServerUnderTest grpc;

  private Cluster(Builder builder) {
    try {
      Files.createDirectories(Path.of("target"));
      root = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "cluster-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Integer> ports = Ports.free(4);
    uploadPort = ports.get(0);
    consumerPort = ports.get(1);
    grpcPort = ports.get(2);
    httpPort = ports.get(3);
    Map<String, String> environment = new HashMap<>();
    environment.put("STORAGE_PATH", root.resolve("data").toString());
    environment.put("UPLOAD_PORT", String.valueOf(uploadPort));
    environment.put("CONSUMER_PORT", String.valueOf(consumerPort));
    environment.put("GRPC_PORT", String.valueOf(grpcPort));
    environment.put("HTTP_PORT", String.valueOf(httpPort));
    environment.put("GRPC_SERVER_URL", "http://127.0.0.1:" + httpPort);
    environment.putAll(builder.environment);
    upload = server("upload-server", environment, builder.jvmOptions);
    consumer = server("consumer-server", environment, builder.jvmOptions);
    grpc = server("grpc-server", environment, builder.jvmOptions);
  }

  private ServerUnderTest server(
      String name, Map<String, String> environment, List<String> jvmOptions) {
    return new ServerUnderTest(name, root.resolve(name), environment, jvmOptions);
  }

  /** How a cluster differs from the default. */
  public static final class Builder {
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private final Map<String, String> faults = new HashMap<>();
    private boolean withoutConsumerServer;

    public Builder with(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    public Builder jvm(String... options) {
      jvmOptions.addAll(List.of(options));
      return this;
    }

    /** An option of the JVM of one server's first launch. */
    public Builder faults(String server, String option) {
      faults.put(server, option);
      return this;
    }

    /** For tests that fetch nothing: it stays down. */
    public Builder withoutConsumerServer() {
      withoutConsumerServer = true;
      return this;
    }

    /** Starts the servers and waits until all are ready, and those that only read have a log. */
    public Cluster start() {
      Cluster cluster = new Cluster(this);
      try {
        List<ServerUnderTest> wanted =
            cluster.servers().stream()
                .filter(server -> !(withoutConsumerServer && server == cluster.consumer()))
                .toList();
        for (ServerUnderTest server : wanted) {
          String option = faults.get(server.name());
          (option == null ? server : server.faults(option)).launch().faults();
        }
        wanted.forEach(ServerUnderTest::awaitReady);
        if (!withoutConsumerServer) {
          Health.awaitUp(cluster.consumerUrl());
        }
        Health.awaitUp(cluster.grpcHttpUrl());
        return cluster;
      } catch (RuntimeException | Error e) {
        cluster.close();
        throw e;
      }
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  public static Cluster start() {
    return builder().start();
  }

  public ServerUnderTest upload() {
    return upload;
  }

  public ServerUnderTest consumer() {
    return consumer;
  }

  public ServerUnderTest grpc() {
    return grpc;
  }

  public List<ServerUnderTest> servers() {
    return List.of(upload, consumer, grpc);
  }

  /** A directory of this cluster for the test's own files. */
  public Path root() {
    return root;
  }

  public Path data() {
    return root.resolve("data");
  }

  public String uploadUrl() {
    return "http://127.0.0.1:" + uploadPort;
  }

  public String consumerUrl() {
    return "http://127.0.0.1:" + consumerPort;
  }

  /** The HTTP side of grpc-server. */
  public String grpcHttpUrl() {
    return "http://127.0.0.1:" + httpPort;
  }

  /** The server of a name. */
  public ServerUnderTest server(String name) {
    return servers().stream()
        .filter(server -> server.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name));
  }

  public int consumerPort() {
    return consumerPort;
  }

  public int grpcPort() {
    return grpcPort;
  }

  /** A new connection to grpc-server; shut it down after use. */
  public ManagedChannel channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", grpcPort)
        .usePlaintext()
        .maxInboundMessageSize(16 << 20)
        .build();
  }

  /** Where a version is uploaded to and deleted from. */
  public URI versionUri(String worker, String version) {
    return URI.create(
        uploadUrl() + "/workers/" + segment(worker) + "/versions/" + segment(version));
  }

  /** PUT of a version's bytes. */
  public HttpResponse<String> publish(String worker, String version, byte[] bytes) {
    return send(
        HttpRequest.newBuilder(versionUri(worker, version)).PUT(BodyPublishers.ofByteArray(bytes)));
  }

  /** PUT of a version's bytes, which must be acknowledged; its revision. */
  public long published(String worker, String version, byte[] bytes) {
    return accepted(publish(worker, version, bytes));
  }

  /** Makes an earlier version the latest; the revision of the update. */
  public long rolledBack(String worker, String version) {
    String body = JSON.createObjectNode().put("version", version).toString();
    return accepted(
        send(
            HttpRequest.newBuilder(
                    URI.create(uploadUrl() + "/workers/" + segment(worker) + "/latest"))
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body))));
  }

  /** Deletes a version; the revision of the update. */
  public long deleted(String worker, String version) {
    return accepted(send(HttpRequest.newBuilder(versionUri(worker, version)).DELETE()));
  }

  private static long accepted(HttpResponse<String> response) {
    JsonNode answer = json(response);
    if (response.statusCode() != 200 || !answer.path("revision").canConvertToLong()) {
      throw new AssertionError(response + ": " + response.body());
    }
    return answer.path("revision").asLong();
  }

  /** The body of an answer, which must be JSON. */
  public static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw new AssertionError(response + " has no JSON: " + response.body(), e);
    }
  }

  /** Hex SHA-256. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Files of uploads that are under way, or were when their server was killed. */
  public List<Path> unfinishedUploads() {
    Path incoming = data().resolve("blobs/tmp");
    try (Stream<Path> files = Files.exists(incoming) ? Files.list(incoming) : Stream.empty()) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static HttpResponse<String> get(String url) {
    return send(HttpRequest.newBuilder(URI.create(url)).GET());
  }

  public static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(
          request.timeout(Duration.ofSeconds(30)).build(),
          BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A name as one segment of a URL's path. */
  public static String segment(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Ends the servers and removes what they wrote. */
  @Override
  public void close() {
    servers().forEach(ServerUnderTest::clear);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
