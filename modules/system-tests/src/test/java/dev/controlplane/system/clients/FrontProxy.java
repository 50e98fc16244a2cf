package dev.controlplane.system.clients;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Ports;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A reverse proxy in front of the servers of a cluster, as its makers ship it, with one of the
 * configurations in {@code src/test/proxies}.
 */
final class FrontProxy implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> BACKENDS = List.of("upload", "consumer", "http", "grpc");

  /** The proxies. */
  enum Kind {
    NGINX_HTTP_1_0("nginx-http10.conf"),
    NGINX_UNBUFFERED("nginx-unbuffered.conf"),
    HAPROXY("haproxy.cfg"),
    ENVOY("envoy.yaml");

    private final String configuration;

    Kind(String configuration) {
      this.configuration = configuration;
    }

    private List<String> command(Path file) {
      return switch (this) {
        case NGINX_HTTP_1_0, NGINX_UNBUFFERED -> List.of("nginx", "-c", file.toString());
        case HAPROXY -> List.of("haproxy", "-db", "-f", file.toString());
        case ENVOY ->
            List.of(
                Tools.python(),
                "-m",
                "envoy._main",
                "-c",
                file.toString(),
                "--concurrency",
                "1",
                "--use-dynamic-base-id",
                "--log-level",
                "warning");
      };
    }
  }

  private final Kind kind;
  private final Path directory;
  private final List<Integer> ports = Ports.free(5);
  private final Process process;

  private FrontProxy(Kind kind, Cluster cluster) throws IOException {
    this.kind = kind;
    directory = Files.createTempDirectory("proxy");
    String text = Files.readString(Path.of("src/test/proxies", kind.configuration));
    Map<String, Integer> places =
        Map.of(
            "FRONT_UPLOAD", ports.get(0),
            "FRONT_CONSUMER", ports.get(1),
            "FRONT_HTTP", ports.get(2),
            "FRONT_GRPC", ports.get(3),
            "ADMIN", ports.get(4),
            "UPLOAD", port(cluster.uploadUrl()),
            "CONSUMER", port(cluster.consumerUrl()),
            "HTTP", port(cluster.grpcHttpUrl()),
            "GRPC", cluster.grpcPort());
    for (Map.Entry<String, Integer> place : places.entrySet()) {
      text = text.replace("@" + place.getKey() + "@", place.getValue().toString());
    }
    Path file = directory.resolve(kind.configuration);
    Files.writeString(file, text.replace("@DIR@", directory.toString()));
    process =
        new ProcessBuilder(kind.command(file))
            .redirectErrorStream(true)
            .redirectOutput(log().toFile())
            .start();
  }

  /** Starts a proxy and waits until it listens. */
  static FrontProxy start(Kind kind, Cluster cluster) {
    try {
      FrontProxy proxy = new FrontProxy(kind, cluster);
      try {
        proxy.awaitListening();
        return proxy;
      } catch (RuntimeException | Error e) {
        proxy.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(kind + " can't be run; install it with: bin/tools", e);
    }
  }

  private static int port(String url) {
    return java.net.URI.create(url).getPort();
  }

  private void awaitListening() {
    Await.until(
        LIMIT,
        () -> kind + " listens; its log: " + logText(),
        () -> {
          if (!process.isAlive()) {
            throw new IOException("it has ended");
          }
          for (int port : ports.subList(0, 4)) {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
          }
          return true;
        });
  }

  String uploadUrl() {
    return "http://127.0.0.1:" + ports.get(0);
  }

  String consumerUrl() {
    return "http://127.0.0.1:" + ports.get(1);
  }

  String grpcHttpUrl() {
    return "http://127.0.0.1:" + ports.get(2);
  }

  int grpcPort() {
    return ports.get(3);
  }

  /** Waits until the proxy's own checks have found each server healthy; nginx has none. */
  void awaitHealthy() {
    Await.until(LIMIT, () -> "each server is healthy: " + checks() + logText(), this::isHealthy);
  }

  private boolean isHealthy() {
    String checks = checks();
    return switch (kind) {
      case NGINX_HTTP_1_0, NGINX_UNBUFFERED -> true;
      case HAPROXY ->
          BACKENDS.stream()
              .allMatch(
                  backend ->
                      checks
                          .lines()
                          .anyMatch(
                              line -> line.startsWith(backend + ",s,") && line.contains(",L7OK,")));
      case ENVOY ->
          BACKENDS.stream()
              .allMatch(
                  backend ->
                      checks.matches(
                              "(?s).*cluster\\." + backend + "\\.health_check\\.success: [1-9].*")
                          && checks.contains("cluster." + backend + ".health_check.failure: 0"));
    };
  }

  /** What the proxy tells of its checks. */
  private String checks() {
    return switch (kind) {
      case NGINX_HTTP_1_0, NGINX_UNBUFFERED -> "";
      case HAPROXY -> haproxyStatistics();
      case ENVOY -> Cluster.get("http://127.0.0.1:" + ports.get(4) + "/stats").body();
    };
  }

  private String haproxyStatistics() {
    try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.connect(UnixDomainSocketAddress.of(directory.resolve("stats")));
      socket.write(ByteBuffer.wrap("show stat\n".getBytes(StandardCharsets.US_ASCII)));
      return new String(Channels.newInputStream(socket).readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path log() {
    return directory.resolve("log");
  }

  /** What the proxy wrote to its log. */
  String logText() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    try {
      process.destroy();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      try (var files = Files.walk(directory)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
