package dev.controlplane.system.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.faults.FaultPoint;
import dev.controlplane.faults.Hold;
import dev.controlplane.system.harness.BadNetwork;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What goes wrong in a recorded run, one thing after another. */
final class Breaking {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** So much is written between two things that go wrong. */
  private static final int WRITES = 25;

  /**
   * What an operator does, or the machine. Each of those that are asked for happens once at least.
   */
  private enum Trouble {
    CATALOG_AWAY,
    BACKUP_RESTORED,
    COMPACTED_PAST_THE_TAIL,
    DESCRIPTORS_RUN_OUT
  }

  /** Those that are asked for; by default all. */
  private static final String TROUBLES =
      System.getProperty(
          "history.troubles",
          Stream.of(Trouble.values()).map(Trouble::name).collect(Collectors.joining(",")));

  private final Cluster cluster;
  private final RecordedRun run;
  private final Random random;
  private final AgentJar agent;
  private final Path tailIsHeld;
  private final Map<ServerUnderTest, FaultPoint> armed = new HashMap<>();
  private final Set<FaultPoint> left = EnumSet.allOf(FaultPoint.class);
  private final Set<Trouble> asked = EnumSet.noneOf(Trouble.class);
  private final Set<Trouble> troubles;
  private RecordedBackup backup;

  Breaking(Cluster cluster, RecordedRun run, Random random) {
    this.cluster = cluster;
    this.run = run;
    this.random = random;
    this.agent = AgentJar.pack(cluster.root());
    this.tailIsHeld = cluster.root().resolve("tail-is-held");
    for (String trouble : TROUBLES.split(",", -1)) {
      asked.add(Trouble.valueOf(trouble));
    }
    this.troubles = EnumSet.copyOf(asked);
  }

  /** Every fault point and every trouble once, and the rest of the time whatever comes. */
  void breakThings(long nanos) {
    long end = System.nanoTime() + nanos;
    kill(cluster.upload());
    kill(cluster.grpc());
    while (end - System.nanoTime() > 0 || !left.isEmpty() || !troubles.isEmpty()) {
      assertEquals(List.of(), run.writers().failures());
      run.writers().allow(WRITES);
      pause(400);
      startAgainWhatHalted();
      if (end - System.nanoTime() <= 0 && !troubles.isEmpty() && random.nextBoolean()) {
        cause(troubles.iterator().next());
        continue;
      }
      switch (random.nextInt(14)) {
        case 0 -> killOneThatHasHalted();
        case 1 -> restartInPeace();
        case 2, 3 -> compact();
        case 4, 5 -> collectGarbage();
        case 6 -> causeIfAsked(Trouble.CATALOG_AWAY);
        case 7, 8 -> causeIfAsked(Trouble.BACKUP_RESTORED);
        case 9 -> causeIfAsked(Trouble.COMPACTED_PAST_THE_TAIL);
        case 10 -> causeIfAsked(Trouble.DESCRIPTORS_RUN_OUT);
        default -> breakNetwork();
      }
    }
    for (ServerUnderTest server : servers()) {
      server.clear();
      server.faults().launch().awaitReady();
    }
    // Once at least streams end as they do in a rollout.
    run.awaitSubscribed(LIMIT);
    cluster.grpc().terminate(LIMIT);
    cluster.grpc().launch().awaitReady();
  }

  /** None comes a second time before all have come. */
  private void causeIfAsked(Trouble trouble) {
    if (asked.contains(trouble) && (troubles.isEmpty() || troubles.contains(trouble))) {
      cause(trouble);
    }
  }

  private void cause(Trouble trouble) {
    switch (trouble) {
      case CATALOG_AWAY -> moveCatalogAwayAndBack();
      case BACKUP_RESTORED -> backUpOrRestore();
      case COMPACTED_PAST_THE_TAIL -> compactPastTheTail();
      case DESCRIPTORS_RUN_OUT -> takeDescriptorsAway();
    }
  }

  private List<ServerUnderTest> servers() {
    return List.of(cluster.upload(), cluster.grpc());
  }

  private void pause(int mostMillis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(mostMillis)));
  }

  private void startAgainWhatHalted() {
    for (ServerUnderTest server : servers()) {
      if (!server.alive()) {
        if (!server.endedForWantOfDescriptors(LIMIT)) {
          assertEquals(FaultPoint.EXIT_CODE, server.awaitEnd(LIMIT), server::logText);
          left.remove(armed.get(server));
        }
        startArmed(server);
      }
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
    int consumers = run.consumers().size();
    int times =
        switch (point) {
          case DURING_COLLECTION -> 1;
          case DURING_COMPACTION -> 1 + random.nextInt(8);
          // Every consumer that comes back is sent something at once.
          case BEFORE_SEND, AFTER_SEND -> 20 * consumers + random.nextInt(20 * consumers);
          default -> 10 + random.nextInt(40);
        };
    String[] options =
        server == cluster.grpc()
            ? new String[] {point.options(times), Hold.THE_TAIL.options(tailIsHeld)}
            : new String[] {point.options(times)};
    server.faults(agent.jvmOption(options)).launch();
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

  /** Not while there is a backup, which may have what is garbage now; see docs/operations.md. */
  private void collectGarbage() {
    if (backup == null) {
      run.collectGarbage();
    }
  }

  /** Whether both servers are at work, so that what follows happens to them. */
  private boolean bothAreAtWork() {
    servers().forEach(ServerUnderTest::awaitReadyOrEnd);
    return servers().stream().allMatch(ServerUnderTest::alive);
  }

  private void moveCatalogAwayAndBack() {
    if (!bothAreAtWork()) {
      return;
    }
    Path catalog = cluster.data().resolve("catalog.db");
    Path away = cluster.root().resolve("catalog.away");
    try {
      Files.move(catalog, away);
      run.writers().allow(WRITES);
      pause(1_500);
      Files.move(away, catalog);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    troubles.remove(Trouble.CATALOG_AWAY);
  }

  private void backUpOrRestore() {
    if (backup == null) {
      backup = run.backUp(this::startAgainWhatHalted);
    } else if (backup.restore(() -> startArmed(cluster.upload()))) {
      backup = null;
      troubles.remove(Trouble.BACKUP_RESTORED);
    }
  }

  private void compactPastTheTail() {
    if (!bothAreAtWork()) {
      return;
    }
    try (TailHold _ = TailHold.by(tailIsHeld)) {
      long before = run.log().read();
      run.writers().allow(2 * WRITES);
      long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
      while (run.log().read() < before + WRITES && System.nanoTime() - end < 0) {
        pause(50);
      }
      run.compact(run.log().read());
    }
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (cluster.grpc().alive() && System.nanoTime() - end < 0) {
      if (cluster.grpc().logText().contains("event=log-compacted-past-tail")) {
        troubles.remove(Trouble.COMPACTED_PAST_THE_TAIL);
        return;
      }
      pause(50);
    }
  }

  private void takeDescriptorsAway() {
    if (!bothAreAtWork()) {
      return;
    }
    ServerUnderTest server = random.nextInt(3) == 0 ? cluster.upload() : cluster.grpc();
    server.awaitRecording();
    boolean starved =
        run.starve(
            server,
            () -> {
              run.networks().get(random.nextInt(run.networks().size())).reset();
              run.writers().allow(WRITES);
              pause(2_000);
            });
    if (starved) {
      troubles.remove(Trouble.DESCRIPTORS_RUN_OUT);
    }
  }

  private void breakNetwork() {
    BadNetwork network = run.networks().get(random.nextInt(run.networks().size()));
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
