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
 * How long the log reaches back: updates go that are too old, or that too many have followed. The
 * newest of each worker, and the one that made its latest version so, never go.
 */
final class Retention {
  /** Revisions cut in one transaction: what waits for it waits for milliseconds. */
  private static final long STEP = 10_000;

  private static final int PAGE = 1000;

  /**
   * What is kept.
   *
   * @param age updates older than this go; zero: however old they are, they stay
   * @param count so many updates stay, the newest; 0: however many there are, they stay
   */
  record Limits(Duration age, long count) {}

  /** What a cut came to: updates that went, and the log after it. */
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

  /** Cuts what is beyond the limits now. */
  void enforce() {
    LogState now = catalog.log();
    cut(Math.max(beyondCount(now), beyondAge(now)));
  }

  private long beyondCount(LogState now) {
    return limits.count() == 0 ? 0 : now.head() - limits.count();
  }

  /** The last of the updates at the log's beginning that are too old; 0 for none. */
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

  /** Cuts the log up to a revision, in steps between which others get to write. */
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
