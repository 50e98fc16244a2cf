package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Update;
import dev.controlplane.server.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Limits how far the log reaches back: removes updates that are too old, or that are followed by
 * too many newer ones. For each worker that still exists, the newest update and the one that made
 * its latest version so are always kept.
 */
final class Retention {
  /**
   * The most revisions compacted in one transaction. Other requests then wait only milliseconds for
   * it.
   */
  private static final long STEP = 10_000;

  private static final int PAGE = 1000;

  /**
   * The limits of the log.
   *
   * @param age updates older than this are removed; zero for no limit
   * @param count how many of the newest updates are kept; 0 for no limit
   */
  record Limits(Duration age, long count) {}

  /** The result of a compaction: how many updates were removed, and the log after it. */
  record Cut(long removed, LogState log) {}

  private final Catalog catalog;
  private final Limits limits;
  private final MaintenanceMetrics metrics;
  private final InstantSource clock;
  private final EventLog log;

  Retention(
      Catalog catalog,
      Limits limits,
      MaintenanceMetrics metrics,
      InstantSource clock,
      EventLog log) {
    this.catalog = catalog;
    this.limits = limits;
    this.metrics = metrics;
    this.clock = clock;
    this.log = log;
  }

  /** Compacts the log according to the limits. */
  void enforce() {
    LogState now = catalog.log();
    cut(Math.max(beyondCount(now), beyondAge(now)));
  }

  private long beyondCount(LogState now) {
    return limits.count() == 0 ? 0 : now.head() - limits.count();
  }

  /** The last update of those at the start of the log that are too old; 0 for none. */
  private long beyondAge(LogState now) {
    if (limits.age().isZero()) {
      return 0;
    }
    Instant oldest = clock.instant().minus(limits.age());
    long last = 0;
    long after = now.compacted();
    while (true) {
      List<Update> page = catalog.updates(after, PAGE);
      for (Update update : page) {
        if (!update.committedAt().isBefore(oldest)) {
          return last;
        }
        last = update.revision();
      }
      if (page.size() < PAGE) {
        return last;
      }
      after = last;
    }
  }

  /** Compacts the log up to a revision, in steps between which other changes can be written. */
  Cut cut(long revision) {
    LogState now = catalog.log();
    long from = now.compacted();
    long upTo = Math.min(revision, now.head());
    long removed = 0;
    for (long at = from; at < upTo; ) {
      at = Math.min(upTo, at + STEP);
      long gone = catalog.compact(at);
      metrics.updatesRemoved(gone);
      removed += gone;
    }
    now = catalog.log();
    if (upTo > from) {
      log.info(
          "log-compacted", "removed", removed, "compacted", now.compacted(), "head", now.head());
    }
    return new Cut(removed, now);
  }
}
