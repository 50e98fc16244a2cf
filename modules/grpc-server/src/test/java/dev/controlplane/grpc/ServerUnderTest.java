package dev.controlplane.grpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** grpc-server as a process of its own, on ports that the system chose. */
public final class ServerUnderTest implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("event=ready http=(\\S+) grpc=(\\S+)");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Thread reader;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final List<ManagedChannel> channels = new ArrayList<>();
  private volatile String http;
  private volatile String grpc;

  private ServerUnderTest(Process process) {
    this.process = process;
    reader = Thread.ofPlatform().daemon().name("server-output").start(this::read);
  }

  /** Starts a server and waits until it is ready. */
  public static ServerUnderTest start(
      Path data, Map<String, String> environment, String... jvmOptions) {
    ServerUnderTest server = launch(data, environment, jvmOptions);
    server.awaitReady();
    return server;
  }

  /** Starts a server without waiting. */
  static ServerUnderTest launch(Path data, Map<String, String> environment, String... jvmOptions) {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED"));
    command.addAll(List.of(jvmOptions));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .putAll(Map.of("STORAGE_PATH", data.toString(), "GRPC_PORT", "0", "HTTP_PORT", "0"));
    builder.environment().putAll(environment);
    try {
      return new ServerUnderTest(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          http = matcher.group(1);
          grpc = matcher.group(2);
          ready.countDown();
        }
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("output ended: " + e);
    }
    ready.countDown();
  }

  private void awaitReady() {
    try {
      if (!ready.await(60, TimeUnit.SECONDS) || grpc == null) {
        throw new AssertionError("grpc-server is not ready: " + lines);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until all that an ended server wrote was read. */
  void awaitOutputEnd() throws InterruptedException {
    reader.join();
  }

  /** What the server logged. */
  public List<String> lines() {
    return lines;
  }

  public Process process() {
    return process;
  }

  /** Host and port of the gRPC socket. */
  String grpc() {
    return grpc;
  }

  /** A connection of its own. */
  public ManagedChannel connect() {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(grpc).usePlaintext().maxInboundMessageSize(16 << 20).build();
    channels.add(channel);
    return channel;
  }

  public HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(URI.create("http://" + http + path)).GET());
  }

  public HttpResponse<String> delete(String path) {
    return send(HttpRequest.newBuilder(URI.create("http://" + http + path)).DELETE());
  }

  public HttpResponse<String> post(String path, String body) {
    return send(
        HttpRequest.newBuilder(URI.create("http://" + http + path))
            .POST(BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + http + path));
  }

  /** The value of a metric; labels as {@code {reason="gone"}}. */
  public double metric(String name, String label) {
    String text = get("/observe/metrics").body();
    Matcher line =
        Pattern.compile(
                "^" + Pattern.quote(name) + "\\{[^}]*" + Pattern.quote(label) + "[^}]*\\} (\\S+)$",
                Pattern.MULTILINE)
            .matcher(text);
    if (!line.find()) {
      throw new AssertionError("no metric " + name + " in " + text);
    }
    return Double.parseDouble(line.group(1));
  }

  public double metric(String name) {
    return metric(name, "");
  }

  /** SIGTERM; the exit code. */
  public int terminate(Duration limit) {
    // Not the process's own destroy(), which closes its output too.
    process.toHandle().destroy();
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("grpc-server still runs after " + limit + ": " + lines);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
