package dev.controlplane.system.guarantees;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Backup;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.history.Event.Restored;
import dev.controlplane.system.history.Recorder;
import java.time.Duration;

/**
 * A backup of a recorded run, made and restored while nobody writes, so that it is known which
 * writes it has.
 */
final class RecordedBackup {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration NOTICED = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Cluster cluster;
  private final Recorder recorder;
  private final TrueLog log;
  private final Writers writers;
  private final Runnable meanwhile;
  private final Backup backup;
  private final Writers.Knowledge knowledge;
  private final long revision;
  private final long made;

  /**
   * Makes a backup.
   *
   * @param meanwhile called again and again while servers are waited for; starts those that ended
   */
  RecordedBackup(
      Cluster cluster, Recorder recorder, TrueLog log, Writers writers, Runnable meanwhile) {
    this.cluster = cluster;
    this.recorder = recorder;
    this.log = log;
    this.writers = writers;
    this.meanwhile = meanwhile;
    hold();
    try {
      revision = log.read();
      knowledge = writers.known();
      backup = new Backup(cluster);
      made = recorder.now();
    } finally {
      writers.release();
    }
  }

  /** Until nobody writes, and all that was answered is read. */
  private void hold() {
    while (!writers.hold(LOOK)) {
      meanwhile.run();
    }
    Await.until(
        LIMIT,
        () -> "the log has what was answered last, " + writers.answered(),
        () -> {
          meanwhile.run();
          return log.readToEnd() && log.read() >= writers.answered();
        });
  }

  /**
   * Puts it in the place of the catalog, if anything was written since it was made.
   *
   * @param launch starts upload-server, which is down then
   * @return whether it was restored
   */
  boolean restore(Runnable launch) {
    hold();
    try {
      if (log.read() == revision) {
        return false;
      }
      int logs = recorder.logs();
      cluster.upload().clear();
      backup.putBack();
      recorder.record(at -> new Restored(at, made, revision));
      writers.recall(knowledge, revision);
      launch.run();
      Await.until(
          LIMIT,
          () -> "grpc-server has the restored log, which ends at " + revision,
          () -> {
            meanwhile.run();
            return log.restored(revision);
          });
      awaitNoticed(logs);
      return true;
    } finally {
      writers.release();
    }
  }

  /** If nobody is: what a build tells that does not notice is judged, too. */
  private void awaitNoticed(int logs) {
    try {
      Await.until(
          NOTICED,
          () -> "consumers are told of the restored log",
          () -> {
            meanwhile.run();
            return recorder.logs() > logs;
          });
    } catch (AssertionError e) {
      System.out.println(e.getMessage());
    }
  }
}
