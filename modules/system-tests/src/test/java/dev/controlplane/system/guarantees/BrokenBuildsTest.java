package dev.controlplane.system.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.faults.Hold;
import dev.controlplane.faults.Mutant;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.BadNetwork;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Health;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.history.Guarantee;
import dev.controlplane.system.history.History;
import dev.controlplane.system.history.Request;
import dev.controlplane.system.history.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What judges the guarantees notices builds that break them: each mutant is broken in one place,
 * and the validator of the guarantee that it breaks says so. The same runs without a mutant are
 * good.
 */
class BrokenBuildsTest {
  private static final long SEED = 11;

  /** More than a page of a snapshot has. */
  private static final int WORKERS = 140;

  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** The tail of grpc-server waits while there is this file. */
  private static final Path HOLD = Path.of("target", "hold-the-tail").toAbsolutePath();

  /** So many are published again and again, the last by name: those of the later pages. */
  private static final int BUSY = 24;

  private static String broken(Mutant mutant) {
    return switch (mutant) {
      case DROPS_AN_UPDATE, KEEPS_STREAMS_WITHOUT_A_LOG, SKIPS_WHAT_WAS_COMPACTED -> "Reliable";
      case SWAPS_TWO_UPDATES -> "Ordered";
      case REPEATS_AN_UPDATE, RESUMES_TOO_EARLY -> "Unique";
      case BOOKMARKS_TOO_EARLY -> "Bookmarkable";
      case TEARS_AN_UPDATE, MIXES_SNAPSHOTS -> "Atomic";
      case RESUMES_TOO_LATE,
          FORGETS_WHERE_IT_COMPACTED,
          TAKES_TOKENS_OF_ANOTHER_LOG,
          FORGETS_HOW_FAR_THE_LOG_WENT ->
          "Resumable";
      case ANSWERS_BEFORE_COMMIT -> "Durable";
      case COMMITS_WITHOUT_FSYNC, RENAMES_WITHOUT_FSYNC ->
          throw new IllegalArgumentException(mutant + " shows when the power fails: FsyncTest");
    };
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = ".*_WITHOUT_FSYNC")
  void aBuildThatBreaksAGuaranteeIsCaught(Mutant mutant) throws IOException {
    Files.createDirectories(Path.of("target"));
    AgentJar agent = AgentJar.pack(Path.of("target").toAbsolutePath());
    String[] options =
        mutant.server().equals("grpc-server")
            ? new String[] {mutant.options(), Hold.THE_TAIL.options(HOLD)}
            : new String[] {mutant.options()};
    try (Cluster cluster = builder().faults(mutant.server(), agent.jvmOption(options)).start();
        RecordedRun run = run(cluster)) {
      switch (mutant) {
        case ANSWERS_BEFORE_COMMIT -> crashBeforeTheCommit(cluster, run);
        case FORGETS_WHERE_IT_COMPACTED -> compactAboveATokenAndGoOn(run);
        case MIXES_SNAPSHOTS -> takeASnapshotOfManyWorkers(run);
        case TAKES_TOKENS_OF_ANOTHER_LOG -> restoreABackup(run, cluster.upload());
        case FORGETS_HOW_FAR_THE_LOG_WENT ->
            restoreABackup(run, cluster.upload().faults(agent.jvmOption(options)));
        case KEEPS_STREAMS_WITHOUT_A_LOG -> moveTheCatalogAwayAndBack(cluster, run);
        case SKIPS_WHAT_WAS_COMPACTED -> compactPastTheTail(run);
        default -> followLeaveAndGoOn(run);
      }
      History history = run.settle(LIMIT);
      List<Violation> violations = Guarantee.judge(history);
      assertTrue(
          violations.stream().map(Violation::guarantee).toList().contains(broken(mutant)),
          () -> broken(mutant) + " is not among " + violations + " of " + history.summary());
    }
  }

  @Test
  void theSameRunsWithoutAMutantAreGood() throws IOException {
    AgentJar agent = AgentJar.pack(Files.createDirectories(Path.of("target")).toAbsolutePath());
    String hold = agent.jvmOption(Hold.THE_TAIL.options(HOLD));
    try (Cluster cluster = builder().faults("grpc-server", hold).start();
        RecordedRun run = run(cluster)) {
      followLeaveAndGoOn(run);
      compactAboveATokenAndGoOn(run);
      takeASnapshotOfManyWorkers(run);
      moveTheCatalogAwayAndBack(cluster, run);
      compactPastTheTail(run);
      comeBackWithoutDescriptors(cluster, run);
      restoreABackup(run, cluster.upload());
      History history = run.settle(LIMIT);
      assertEquals(List.of(), run.writers().failures());
      RecordedRun.requireGood(history, "without-a-mutant");
    }
  }

  private static Cluster.Builder builder() {
    return Cluster.builder()
        .withoutConsumerServer()
        .with("INLINE_LIMIT", "32768")
        .with("BOOKMARK_INTERVAL", "PT0.2S")
        .with("LOG_RETENTION_AGE", "PT0S")
        .with("LOG_RETENTION_COUNT", "0");
  }

  private static RecordedRun run(Cluster cluster) {
    List<String> workers = IntStream.range(0, WORKERS).mapToObj("worker-%03d"::formatted).toList();
    RecordedRun run = new RecordedRun(cluster, workers, 1, SEED);
    for (RecordedConsumer.Start start : RecordedConsumer.Start.values()) {
      run.add(start, all()).steady();
    }
    run.awaitSubscribed(LIMIT);
    return run;
  }

  /** Wants everything. */
  private static Request all() {
    return new Request(Set.of(), "", false, Map.of(), false, true);
  }

  private static void followLeaveAndGoOn(RecordedRun run) {
    awaitTold(run, publishMore(run));
    run.consumers().forEach(RecordedConsumer::pause);
    publishMore(run);
    run.consumers().forEach(RecordedConsumer::open);
  }

  /** The newest revision. */
  private static long publishMore(RecordedRun run) {
    run.writers().publish(BUSY);
    return run.writers().answered();
  }

  private static void awaitTold(RecordedRun run, long revision) {
    Await.until(
        LIMIT,
        () -> "all are told of " + revision + ": " + run.consumers(),
        () -> run.consumers().stream().allMatch(consumer -> consumer.told(revision)));
  }

  private static void compactAboveATokenAndGoOn(RecordedRun run) {
    awaitTold(run, publishMore(run));
    run.consumers().forEach(RecordedConsumer::pause);
    publishMore(run);
    run.log().read();
    run.compact(run.consumers().getFirst().told() + 1);
    run.consumers().forEach(RecordedConsumer::open);
  }

  private static void takeASnapshotOfManyWorkers(RecordedRun run) {
    run.writers().publish(WORKERS);
    publishMore(run);
    run.add(RecordedConsumer.Start.SNAPSHOT, all()).steady();
    run.awaitSubscribed(LIMIT);
  }

  private static void restoreABackup(RecordedRun run, ServerUnderTest upload) {
    awaitTold(run, publishMore(run));
    RecordedBackup backup = run.backUp(() -> {});
    awaitTold(run, publishMore(run));
    assertTrue(backup.restore(() -> upload.launch().awaitReady()), "something was written");
    publishMore(run);
  }

  private static void moveTheCatalogAwayAndBack(Cluster cluster, RecordedRun run)
      throws IOException {
    awaitTold(run, publishMore(run));
    Path catalog = cluster.data().resolve("catalog.db");
    Path away = cluster.root().resolve("catalog.away");
    Files.move(catalog, away);
    awaitLine(cluster.grpc(), "event=log-unreadable");
    try (TailHold _ = TailHold.by(HOLD)) {
      Files.move(away, catalog);
      Health.awaitUp(cluster.uploadUrl());
      publishMore(run);
    }
    Health.awaitUp(cluster.grpcHttpUrl());
    publishMore(run);
  }

  private static void compactPastTheTail(RecordedRun run) {
    run.awaitSubscribed(LIMIT);
    awaitTold(run, publishMore(run));
    try (TailHold _ = TailHold.by(HOLD)) {
      publishMore(run);
      publishMore(run);
      run.compact(run.log().read());
    }
    publishMore(run);
  }

  private static void comeBackWithoutDescriptors(Cluster cluster, RecordedRun run) {
    run.awaitSubscribed(LIMIT);
    awaitTold(run, publishMore(run));
    assertTrue(run.log().readToEnd(), "the log can be read");
    try (Descriptors _ = Descriptors.exhausted(cluster.grpc().pid());
        // The descriptor for the next connection is there already.
        RawConnection _ = new RawConnection("http://127.0.0.1:" + cluster.grpcPort())) {
      awaitLine(cluster.grpc(), "\\\"grpc\\\" cannot accept a connection");
      run.networks().forEach(BadNetwork::reset);
    }
  }

  private static void awaitLine(ServerUnderTest server, String text) {
    Await.until(
        LIMIT,
        () -> "the log of " + server.name() + " says \"" + text + "\": " + server.logText(),
        () -> server.logText().contains(text));
  }

  private static void crashBeforeTheCommit(Cluster cluster, RecordedRun run) {
    run.writers().start(1, 0);
    run.writers().allow(100);
    Await.until(
        LIMIT,
        () -> "something is answered that is not in the log",
        () -> run.writers().answered() > run.log().read());
    cluster.upload().killHard();
    cluster.upload().launch().awaitReady();
  }
}
