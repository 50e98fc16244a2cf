package dev.controlplane.server.metrics;

import dev.controlplane.catalog.DiskTimes;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The disk of the data directory: how much is free, and how long writes take to be durable. */
public final class StorageMetrics {
  /** Asks a file system for a number of bytes. */
  @FunctionalInterface
  private interface Question {
    long of(FileStore store) throws IOException;
  }

  private StorageMetrics() {}

  /** Shows the free space of a data directory, and its size. */
  static void showSpace(MeterRegistry registry, Path directory) {
    registry.getOrCreate(
        Gauge.builder(
                "controlplane.disk.free.bytes", () -> ask(directory, FileStore::getUsableSpace))
            .description(
                "Bytes that the server may still write to the disk of the data directory"));
    registry.getOrCreate(
        Gauge.builder(
                "controlplane.disk.size.bytes", () -> ask(directory, FileStore::getTotalSpace))
            .description("Size of the disk of the data directory"));
  }

  /** NaN while there is no such directory. */
  private static double ask(Path directory, Question question) {
    try {
      return (double) question.of(Files.getFileStore(directory));
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /**
   * Shows how long this process waits for the disk.
   *
   * @param database the file that it writes, such as {@code catalog.db}
   */
  public static void showTimes(MeterRegistry registry, String database) {
    Timer syncs =
        Latencies.timer(
            registry,
            "controlplane.fsync.duration",
            "Time of an fsync of a blob or of a directory of the data directory");
    Timer commits =
        Latencies.timer(
            registry,
            "controlplane.commit.duration",
            "Time of a COMMIT of a database, with its fsync",
            Tag.create("database", database));
    DiskTimes.observe(
        new DiskTimes.Observer() {
          @Override
          public void synced(long nanos) {
            syncs.record(nanos, TimeUnit.NANOSECONDS);
          }

          @Override
          public void committed(String written, long nanos) {
            if (written.equals(database)) {
              commits.record(nanos, TimeUnit.NANOSECONDS);
            }
          }
        });
  }
}
