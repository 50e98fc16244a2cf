package dev.controlplane.system.pprof;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Load;
import dev.controlplane.troubles.Troubles;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The three servers with {@link Troubles} inside, under load. */
final class TroubledCluster implements AutoCloseable {
  private final Cluster cluster;
  private final Load load;

  private TroubledCluster(Cluster cluster, Load load) {
    this.cluster = cluster;
    this.load = load;
  }

  /**
   * Starts the servers.
   *
   * @param labelSets the setting {@code PPROF_LABEL_SETS}
   */
  static TroubledCluster start(int labelSets) throws IOException {
    Path target = Files.createDirectories(Path.of("target")).toAbsolutePath();
    String agent = AgentJar.pack(Troubles.class, target).jvmOption();
    Cluster.Builder builder = Cluster.builder().with("PPROF_LABEL_SETS", "" + labelSets);
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      builder.faults(server, agent);
    }
    Cluster cluster = builder.start();
    return new TroubledCluster(cluster, new Load(cluster, 2));
  }

  /** The URLs of the servers' profiles, by name. */
  Map<String, String> pprofUrls() {
    return Map.of(
        "upload-server", cluster.uploadUrl() + "/debug/pprof/",
        "consumer-server", cluster.consumerUrl() + "/debug/pprof/",
        "grpc-server", cluster.grpcHttpUrl() + "/debug/pprof/");
  }

  interface Check {
    void accept(String pprofUrl) throws Exception;
  }

  /** Checks the three servers at the same time. */
  void onEachServer(Check check) throws InterruptedException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> checks = new ArrayList<>();
      for (String url : pprofUrls().values()) {
        checks.add(
            executor.submit(
                () -> {
                  check.accept(url);
                  return null;
                }));
      }
      for (Future<?> each : checks) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause().getMessage(), e.getCause());
    }
  }

  /** Waits until some more was published. */
  void awaitMoreLoad() {
    load.awaitMore();
  }

  /** Opens subscriptions on a connection; it ends them. */
  ManagedChannel subscribe(int subscriptions) {
    ManagedChannel channel = cluster.channel();
    Unread.subscribe(channel, subscriptions);
    return channel;
  }

  /** A new directory for what a test fetches. */
  Path directory(String name) {
    try {
      return Files.createDirectories(cluster.root().resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    load.close();
    cluster.close();
  }
}
