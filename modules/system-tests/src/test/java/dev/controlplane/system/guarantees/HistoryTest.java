package dev.controlplane.system.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.history.History;
import dev.controlplane.system.history.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The guarantees of docs/guarantees.md, judged over all that consumers are told while servers crash
 * at the worst moments, networks fail, the log is compacted also past the tail, the catalog is
 * away, a backup is restored, and file descriptors run out.
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
}
