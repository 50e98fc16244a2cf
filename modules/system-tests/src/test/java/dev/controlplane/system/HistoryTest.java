package dev.controlplane.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.faults.FaultPoint;
import dev.controlplane.system.history.History;
import dev.controlplane.system.history.Kind;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The guarantees of docs/guarantees.md, judged over all that consumers are told while servers crash
 * at the worst moments, networks fail, and the log is compacted.
 */
class HistoryTest {
  private static final int CONSUMERS = Integer.getInteger("history.consumers", 200);
  private static final Duration LENGTH = Duration.ofSeconds(Long.getLong("history.seconds", 20));

  /** A longer test is several histories. */
  private static final Duration LONGEST = Duration.ofMinutes(2);

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CONNECTIONS = 8;
  private static final int WORKERS = 24;

  /** A build makes the same choices each time; another seed looks for more. */
  private long seed = Long.getLong("history.seed", 10_253_957_490_626L);

  @Test
  void twoHundredConsumersAreToldTheTruthWhateverBreaks() {
    long end = System.nanoTime() + LENGTH.toNanos();
    do {
      System.out.println("HistoryTest: -Dhistory.seed=" + seed);
      long left = end - System.nanoTime();
      record(Math.min(left, LONGEST.toNanos()));
      seed++;
    } while (end - System.nanoTime() > 0);
  }

  private void record(long nanos) {
    Random random = new Random(seed);
    List<String> workers =
        IntStream.range(0, WORKERS)
            .mapToObj(n -> "worker-" + n + (n % 5 == 0 ? " é" : ""))
            .toList();
    try (Cluster cluster =
            Cluster.builder()
                .withoutConsumerServer()
                .with("INLINE_LIMIT", "32768")
                .with("BOOKMARK_INTERVAL", "PT0.5S")
                .with("MAX_STREAM_AGE", "PT15S")
                .with("RECONNECT_SPREAD", "PT0.5S")
                // Small, so that streams change between memory and the log all the time.
                .with("QUEUE_SIZE", "8")
                .with("WINDOW_UPDATES", "64")
                // The test compacts what it has read, and nobody else does.
                .with("LOG_RETENTION_AGE", "PT0S")
                .with("LOG_RETENTION_COUNT", "0")
                .with("BLOB_GC_AGE", "PT0S")
                .start();
        RecordedRun run = new RecordedRun(cluster, workers, CONNECTIONS, random.nextLong())) {
      for (int i = 0; i < CONSUMERS; i++) {
        run.add();
      }
      run.writers().start(4, 40);
      new Breaking(cluster, run, random).breakThings(nanos);
      History history = run.settle(LIMIT);
      System.out.println("HistoryTest: " + history.summary());
      assertEquals(List.of(), run.writers().failures());
      RecordedRun.requireGood(history, "history-" + seed);
      for (Kind kind : Kind.values()) {
        assertTrue(history.count(kind) > 0, "nobody was told of " + kind + ": it proves little");
      }
    }
  }

  /** What goes wrong in a run, one thing after another. */
  private static final class Breaking {
    /** So much is written between two things that go wrong. */
    private static final int WRITES = 25;

    private final Cluster cluster;
    private final RecordedRun run;
    private final Random random;
    private final AgentJar agent;
    private final Map<ServerUnderTest, FaultPoint> armed = new HashMap<>();
    private final Set<FaultPoint> left = EnumSet.allOf(FaultPoint.class);

    Breaking(Cluster cluster, RecordedRun run, Random random) {
      this.cluster = cluster;
      this.run = run;
      this.random = random;
      this.agent = AgentJar.pack(cluster.root());
    }

    /** Every fault point once, and the rest of the time whatever comes. */
    void breakThings(long nanos) {
      long end = System.nanoTime() + nanos;
      kill(cluster.upload());
      kill(cluster.grpc());
      while (end - System.nanoTime() > 0 || !left.isEmpty()) {
        run.writers().allow(WRITES);
        pause(400);
        List.of(cluster.upload(), cluster.grpc()).forEach(this::startAgainIfHalted);
        switch (random.nextInt(10)) {
          case 0 -> killOneThatHasHalted();
          case 1 -> restartInPeace();
          case 2, 3 -> compact();
          case 4, 5 -> run.collectGarbage();
          default -> breakNetwork();
        }
      }
      for (ServerUnderTest server : List.of(cluster.upload(), cluster.grpc())) {
        server.clear();
        server.faults().launch().awaitReady();
      }
      // Once at least streams end as they do in a rollout.
      run.awaitSubscribed(LIMIT);
      cluster.grpc().terminate(LIMIT);
      cluster.grpc().launch().awaitReady();
    }

    private void pause(int mostMillis) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(mostMillis)));
    }

    private void startAgainIfHalted(ServerUnderTest server) {
      if (!server.alive()) {
        assertEquals(FaultPoint.EXIT_CODE, server.awaitEnd(LIMIT), server::logText);
        left.remove(armed.get(server));
        startArmed(server);
      }
    }

    /** Starts a server that will halt: at a point where none has, as long as there is one. */
    private void startArmed(ServerUnderTest server) {
      List<FaultPoint> all =
          Stream.of(FaultPoint.values())
              .filter(point -> point.server().equals(server.name()))
              .toList();
      List<FaultPoint> better = all.stream().filter(left::contains).toList();
      List<FaultPoint> from = better.isEmpty() ? all : better;
      FaultPoint point = from.get(random.nextInt(from.size()));
      armed.put(server, point);
      int times =
          switch (point) {
            case DURING_COLLECTION -> 1;
            case DURING_COMPACTION -> 1 + random.nextInt(8);
            // Every consumer that comes back is sent something at once.
            case BEFORE_SEND, AFTER_SEND -> 20 * CONSUMERS + random.nextInt(20 * CONSUMERS);
            default -> 10 + random.nextInt(40);
          };
      server.faults(agent.jvmOption(point.options(times))).launch();
    }

    /** The other would never come to its point. */
    private void killOneThatHasHalted() {
      ServerUnderTest server = random.nextBoolean() ? cluster.upload() : cluster.grpc();
      if (!left.contains(armed.get(server))) {
        kill(server);
      }
    }

    private void kill(ServerUnderTest server) {
      server.clear();
      startArmed(server);
    }

    private void restartInPeace() {
      ServerUnderTest server = cluster.grpc();
      if (!left.contains(armed.get(server)) && server.alive()) {
        server.awaitReadyOrEnd();
        server.terminate(LIMIT);
        startArmed(server);
      }
    }

    private void compact() {
      long revision = run.log().read() - random.nextInt(60);
      if (revision > 0) {
        run.compact(revision);
      }
    }

    private void breakNetwork() {
      BadNetwork network = run.networks().get(random.nextInt(CONNECTIONS));
      switch (random.nextInt(4)) {
        case 0 -> network.delay(1 + random.nextInt(30));
        case 1 -> network.goSilent();
        case 2 -> network.cutAfter(random.nextInt(20_000));
        default -> {}
      }
      pause(1_000);
      if (random.nextBoolean()) {
        network.reset();
      }
      network.heal();
    }
  }
}
