package dev.controlplane.system.guarantees;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.BadNetwork;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.history.Event.Compacted;
import dev.controlplane.system.history.Event.Settled;
import dev.controlplane.system.history.Event.Starved;
import dev.controlplane.system.history.Guarantee;
import dev.controlplane.system.history.History;
import dev.controlplane.system.history.Recorder;
import dev.controlplane.system.history.Request;
import dev.controlplane.system.history.Violation;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** A cluster with writers and consumers whose every word goes into a history. */
final class RecordedRun implements AutoCloseable {
  private final Cluster cluster;
  private final Random random;
  private final Recorder recorder = new Recorder();
  private final TrueLog log;
  private final Writers writers;
  private final List<BadNetwork> networks = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<RecordedConsumer> consumers = new ArrayList<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("consumers").daemon().factory());
  private final List<String> workers;

  /**
   * A run of which nothing has begun.
   *
   * @param connections how many connections the consumers share, each through a network of its own
   */
  RecordedRun(Cluster cluster, List<String> workers, int connections, long seed) {
    this.cluster = cluster;
    this.workers = List.copyOf(workers);
    this.random = new Random(seed);
    this.log = new TrueLog(cluster, recorder);
    this.writers = new Writers(cluster, recorder, workers, random.nextLong());
    for (int i = 0; i < connections; i++) {
      BadNetwork network = new BadNetwork(cluster.grpcPort());
      networks.add(network);
      channels.add(
          NettyChannelBuilder.forAddress("127.0.0.1", network.port())
              .usePlaintext()
              .directExecutor()
              .build());
    }
  }

  Writers writers() {
    return writers;
  }

  TrueLog log() {
    return log;
  }

  List<BadNetwork> networks() {
    return networks;
  }

  List<RecordedConsumer> consumers() {
    return consumers;
  }

  /** Adds a consumer of random wishes, and opens its stream. */
  RecordedConsumer add() {
    Set<String> wanted = new HashSet<>();
    if (random.nextInt(3) > 0) {
      for (int n = 1 + random.nextInt(5); n > 0; n--) {
        wanted.add(workers.get(random.nextInt(workers.size())));
      }
    }
    RecordedConsumer.Start[] starts = RecordedConsumer.Start.values();
    return add(
        starts[random.nextInt(starts.length)],
        new Request(wanted, "", false, Map.of(), random.nextInt(3) == 0, random.nextInt(4) > 0));
  }

  /** Adds a consumer, and opens its stream. */
  RecordedConsumer add(RecordedConsumer.Start start, Request wish) {
    RecordedConsumer consumer =
        new RecordedConsumer(
            "consumer-" + consumers.size(),
            start,
            wish,
            recorder,
            channels,
            timer,
            random.nextLong());
    consumers.add(consumer);
    consumer.open();
    return consumer;
  }

  /** Makes a backup; see {@link RecordedBackup}. */
  RecordedBackup backUp(Runnable meanwhile) {
    return new RecordedBackup(cluster, recorder, log, writers, meanwhile);
  }

  /**
   * Takes a server's file descriptors away while something happens.
   *
   * @return false, and nothing is done, if the server has ended
   */
  boolean starve(ServerUnderTest server, Runnable meanwhile) {
    long began = recorder.now();
    Optional<Descriptors> descriptors = Descriptors.exhaustedIfAlive(server.pid());
    if (descriptors.isEmpty()) {
      return false;
    }
    try (Descriptors _ = descriptors.get()) {
      meanwhile.run();
    }
    recorder.record(now -> new Starved(began, now));
    return true;
  }

  /** Has the log compacted, up to a revision that {@link #log} has read. */
  void compact(long revision) {
    long began = recorder.now();
    long ended = Long.MAX_VALUE;
    try {
      if (maintain("compact", "{\"revision\":" + revision + "}")) {
        ended = recorder.now();
      }
    } catch (UncheckedIOException e) {
      // The server was killed: it may be compacted or not.
    }
    recorder.record(new Compacted(began, ended, revision));
  }

  /** Has what no version needs removed. */
  void collectGarbage() {
    try {
      var _ = maintain("gc", "{}");
    } catch (UncheckedIOException e) {
      // The server was killed.
    }
  }

  /** Whether it was done; false if the storage is away. */
  private boolean maintain(String what, String body) {
    HttpResponse<String> response =
        Cluster.send(
            HttpRequest.newBuilder(URI.create(cluster.uploadUrl() + "/maintenance/" + what))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    if (response.statusCode() != 200 && response.statusCode() != 503) {
      throw new AssertionError(response + ": " + response.body());
    }
    return response.statusCode() == 200;
  }

  /** Waits until every consumer's stream is open. */
  void awaitSubscribed(Duration limit) {
    Await.until(
        limit,
        () -> "all are subscribed: " + not(RecordedConsumer::subscribed),
        () -> not(RecordedConsumer::subscribed).isEmpty());
  }

  private List<RecordedConsumer> not(java.util.function.Predicate<RecordedConsumer> condition) {
    return consumers.stream().filter(condition.negate()).toList();
  }

  /**
   * Ends writing and breaking, tells every consumer of something once more and gives them time.
   *
   * @return the history; those who were not told in time show in it
   */
  History settle(Duration limit) {
    networks.forEach(BadNetwork::heal);
    writers.stop();
    consumers.forEach(RecordedConsumer::steady);
    consumers.forEach(RecordedConsumer::open);
    try {
      awaitSubscribed(limit);
      Map<String, Long> last = writers.publishEach();
      Await.until(
          limit,
          () -> "all were told: " + not(consumer -> wasTold(consumer, last)),
          () -> not(consumer -> wasTold(consumer, last)).isEmpty());
    } catch (AssertionError e) {
      System.out.println(e.getMessage());
    }
    Await.until(
        limit, () -> "the log has what was answered last", () -> log.read() >= writers.answered());
    recorder.record(Settled::new);
    consumers.forEach(RecordedConsumer::close);
    return recorder.history();
  }

  private static boolean wasTold(RecordedConsumer consumer, Map<String, Long> revisions) {
    return consumer.told(
        revisions.entrySet().stream()
            .filter(last -> consumer.wants(last.getKey()))
            .mapToLong(Map.Entry::getValue)
            .max()
            .orElse(0));
  }

  /** Fails, and keeps the history, if it breaks a guarantee. */
  static void requireGood(History history, String name) {
    List<Violation> violations = Guarantee.judge(history);
    if (!violations.isEmpty()) {
      Path file = Path.of("target", "histories", name + ".jsonl").toAbsolutePath();
      history.save(file);
      throw new AssertionError(
          "%d violations in %s; judge it again with -Dtest=ReplayTest -Dhistory=%s%n%s"
              .formatted(
                  violations.size(),
                  history.summary(),
                  file,
                  String.join(
                      System.lineSeparator(),
                      violations.stream().limit(20).map(Violation::toString).toList())));
    }
  }

  @Override
  public void close() {
    consumers.forEach(RecordedConsumer::close);
    timer.shutdownNow();
    channels.forEach(ManagedChannel::shutdownNow);
    networks.forEach(BadNetwork::close);
    writers.stop();
  }
}
