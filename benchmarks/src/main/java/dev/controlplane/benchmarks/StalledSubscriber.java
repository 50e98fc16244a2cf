package dev.controlplane.benchmarks;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * What one subscriber that does not read costs the others, and the server: {@code stalled
 * [SUBSCRIBERS [UPDATES]]}, from the repository's root after a build, against the real jars.
 *
 * <p>Rounds without and with it take turns in one run; what counts is the ratio of their 99th
 * percentiles. Then updates go to it and to twenty others for as long as is asked, and after each
 * tenth of them the server's live heap is told.
 */
final class StalledSubscriber {
  private static final int ROUNDS = 3;
  private static final int UPDATES_A_ROUND = 200;
  private static final int CONNECTIONS = 10;
  private static final int SIZE = 1024;
  private static final int WRITERS = 32;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final AtomicLong versions = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final ConcurrentHistogram latencies = new ConcurrentHistogram(3);
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final int uploadPort;
  private final int grpcPort;
  private final Process push;
  private volatile long started;

  private StalledSubscriber(int uploadPort, int grpcPort, Process push) {
    this.uploadPort = uploadPort;
    this.grpcPort = grpcPort;
    this.push = push;
  }

  /** Runs it. */
  static void main(String[] args) throws Exception {
    int subscribers = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int updates = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    try (Scratch scratch = new Scratch()) {
      run(scratch.directory().resolve("data"), subscribers, updates);
    }
  }

  private static void run(Path data, int subscribers, int updates) throws Exception {
    List<Integer> ports = freePorts(4);
    Map<String, String> environment =
        Map.of(
            "STORAGE_PATH", data.toString(),
            "UPLOAD_PORT", ports.get(0).toString(),
            "GRPC_PORT", ports.get(1).toString(),
            "HTTP_PORT", ports.get(2).toString(),
            "GRPC_SERVER_URL", "http://127.0.0.1:" + ports.get(2),
            // So that it stays, instead of being ended.
            "STALL_LIMIT", "PT12H");
    Process upload = start("upload-server", environment);
    Process push = start("grpc-server", environment);
    StalledSubscriber run = new StalledSubscriber(ports.get(0), ports.get(1), push);
    try {
      run.compare(subscribers);
      run.keepFlat(updates);
    } finally {
      run.channels.forEach(ManagedChannel::shutdownNow);
      upload.destroy();
      push.destroy();
      upload.waitFor();
      push.waitFor();
    }
  }

  private static List<Integer> freePorts(int count) throws IOException {
    if (count == 0) {
      return List.of();
    }
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Integer> ports = new ArrayList<>(freePorts(count - 1));
      ports.add(socket.getLocalPort());
      return ports;
    }
  }

  private static Process start(String name, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            Path.of("modules", name, "target", name + ".jar").toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    CountDownLatch ready = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (BufferedReader lines = process.inputReader()) {
                lines
                    .lines()
                    .filter(line -> line.contains("event=ready"))
                    .forEach(line -> ready.countDown());
              } catch (IOException | UncheckedIOException e) {
                // The server was ended.
              } finally {
                ready.countDown();
              }
            });
    try {
      ready.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (!process.isAlive()) {
      throw new IOException(name + " did not start");
    }
    return process;
  }

  private void compare(int subscribers) throws Exception {
    List<ClientCall<?, ?>> others = subscribe(subscribers - 1);
    System.out.println("p99 of " + (subscribers - 1) + " subscribers, upload to message:");
    round(others.size()); // Warm-up.
    double without = 0;
    double with = 0;
    for (int i = 0; i < ROUNDS; i++) {
      without += round(others.size());
      ClientCall<?, ?> stalled = subscribe(1, false).getFirst();
      // Its window and its queue are full before anybody measures.
      round(others.size());
      with += round(others.size());
      stalled.cancel("the round is over", null);
    }
    System.out.printf(
        "without: %.1f ms   with one stalled: %.1f ms   ratio %.2f%n",
        without / ROUNDS, with / ROUNDS, with / without);
    others.forEach(call -> call.cancel("the comparison is over", null));
  }

  /** Publishes one after another, each to all; the 99th percentile in milliseconds. */
  private double round(int subscribers) throws Exception {
    latencies.reset();
    for (int i = 0; i < UPDATES_A_ROUND; i++) {
      long before = received.get();
      started = System.nanoTime();
      publish().get();
      while (received.get() < before + subscribers) {
        TimeUnit.MICROSECONDS.sleep(200);
      }
    }
    return latencies.getValueAtPercentile(99) / 1e6;
  }

  private void keepFlat(int updates) throws Exception {
    subscribe(20);
    subscribe(1, false);
    System.out.println("live heap of grpc-server, one subscriber of 21 stalled:");
    Semaphore free = new Semaphore(WRITERS);
    for (int tenth = 1; tenth <= 10; tenth++) {
      for (int i = 0; i < updates / 10; i++) {
        free.acquire();
        var _ = publish().whenComplete((answer, failure) -> free.release());
      }
      free.acquire(WRITERS);
      free.release(WRITERS);
      System.out.printf("%,9d updates: %,d bytes%n", (long) updates * tenth / 10, liveHeap());
    }
  }

  /** What a full collection leaves, by the JVM's own histogram. */
  private long liveHeap() throws Exception {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                String.valueOf(push.pid()),
                "GC.class_histogram")
            .start();
    try (BufferedReader lines = jcmd.inputReader()) {
      String total =
          lines.lines().filter(line -> line.startsWith("Total")).collect(Collectors.joining());
      return Long.parseLong(total.trim().split(" +", -1)[2]);
    }
  }

  private CompletableFuture<String> publish() {
    long version = versions.incrementAndGet();
    byte[] bytes = new byte[SIZE];
    ThreadLocalRandom.current().nextBytes(bytes);
    URI uri =
        URI.create(
            "http://127.0.0.1:%d/workers/worker-%d/versions/%d"
                .formatted(uploadPort, version % 100, version));
    return HTTP.sendAsync(
            HttpRequest.newBuilder(uri).PUT(BodyPublishers.ofByteArray(bytes)).build(),
            BodyHandlers.ofString())
        .thenApply(
            response -> {
              if (response.statusCode() != 200) {
                throw new IllegalStateException(response + ": " + response.body());
              }
              return response.body();
            });
  }

  private List<ClientCall<?, ?>> subscribe(int count) throws Exception {
    return subscribe(count, true);
  }

  private List<ClientCall<?, ?>> subscribe(int count, boolean reads) throws Exception {
    List<ManagedChannel> own = new ArrayList<>();
    for (int i = 0; i < Math.min(CONNECTIONS, count); i++) {
      own.add(
          NettyChannelBuilder.forAddress("127.0.0.1", grpcPort)
              .usePlaintext()
              .directExecutor()
              .flowControlWindow(65_535)
              .build());
    }
    channels.addAll(own);
    CountDownLatch subscribed = new CountDownLatch(count);
    List<ClientCall<?, ?>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ClientCall<SubscribeRequest, WorkerUpdate> call =
          own.get(i % own.size())
              .newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<WorkerUpdate>() {
            @Override
            public void onHeaders(Metadata headers) {
              subscribed.countDown();
            }

            @Override
            public void onMessage(WorkerUpdate update) {
              if (reads) {
                latencies.recordValue(System.nanoTime() - started);
                received.incrementAndGet();
              }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              if (status.getCode() != Status.Code.CANCELLED
                  && status.getCode() != Status.Code.UNAVAILABLE) {
                System.err.println(status);
              }
            }
          },
          new Metadata());
      call.request(reads ? Integer.MAX_VALUE : 1);
      call.sendMessage(
          SubscribeRequest.newBuilder().setConsumerId((reads ? "reads-" : "stalled-") + i).build());
      call.halfClose();
      calls.add(call);
    }
    subscribed.await();
    return calls;
  }
}
