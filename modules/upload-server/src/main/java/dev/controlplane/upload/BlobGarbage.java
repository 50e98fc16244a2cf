package dev.controlplane.upload;

import dev.controlplane.catalog.CatalogBlobs;
import dev.controlplane.catalog.CatalogBlobs.Collected;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.http.ApiException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;

/** Runs the collection of blobs of deleted versions, at most one at a time. */
final class BlobGarbage {
  private final CatalogBlobs blobs;
  private final Duration age;
  private final MaintenanceMetrics metrics;
  private final InstantSource clock;
  private final EventLog log;
  private final ReentrantLock collecting = new ReentrantLock();

  /**
   * Creates it without starting a collection.
   *
   * @param age blobs stored more recently than this are kept
   */
  BlobGarbage(
      CatalogBlobs blobs,
      Duration age,
      MaintenanceMetrics metrics,
      InstantSource clock,
      EventLog log) {
    this.blobs = blobs;
    this.age = age;
    this.metrics = metrics;
    this.clock = clock;
    this.log = log;
  }

  /** Runs a collection unless one is running. */
  void collect() {
    if (collecting.tryLock()) {
      try {
        Collected collected = collect(false);
        if (collected.removed() > 0) {
          logged(collected, false);
        }
      } finally {
        collecting.unlock();
      }
    }
  }

  /**
   * Runs a collection, or reports what it would remove.
   *
   * @throws ApiException 409 if one is running
   */
  Collected collectNow(boolean dryRun) {
    if (!collecting.tryLock()) {
      throw ApiException.of(
          409, "collecting", "a collection of blobs is running; try again when it is done");
    }
    try {
      Collected collected = collect(dryRun);
      logged(collected, dryRun);
      return collected;
    } finally {
      collecting.unlock();
    }
  }

  private Collected collect(boolean dryRun) {
    Collected collected = blobs.collect(clock.instant().minus(age), dryRun);
    if (!dryRun) {
      metrics.blobsRemoved(collected.removed(), collected.bytes());
    }
    return collected;
  }

  private void logged(Collected collected, boolean dryRun) {
    log.info(
        "blobs-collected",
        "dry_run",
        dryRun,
        "examined",
        collected.examined(),
        "removed",
        collected.removed(),
        "bytes",
        collected.bytes());
  }
}
