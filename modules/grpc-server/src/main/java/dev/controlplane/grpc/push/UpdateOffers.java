package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.MissingUpdateException;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.server.EventLog;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Reads the log a few updates at a time and offers them to the subscriptions that want them. Only
 * the tail's thread calls it; other threads may ask for the revision.
 */
final class UpdateOffers {
  /**
   * The most updates that are offered together: enough that visiting a subscription pays off, and
   * so few that the first does not wait long for the last.
   */
  private static final int ROUND = 8;

  private final Subscriptions subscriptions;
  private final PushMetrics metrics;
  private final EventLog events;
  private volatile long revision;

  UpdateOffers(Subscriptions subscriptions, PushMetrics metrics, EventLog events) {
    this.subscriptions = subscriptions;
    this.metrics = metrics;
    this.events = events;
  }

  /** The newest revision whose offering has begun. */
  long revision() {
    return revision;
  }

  /** Starts with another log, after this revision. */
  void beginAfter(long head) {
    revision = head;
  }

  /**
   * Reads a log up to a revision and offers its updates.
   *
   * @param over whether to stop
   * @param beat called after each round
   * @throws dev.controlplane.catalog.failures.CatalogException if the log can't be read now
   */
  void readOn(UpdateLog log, long head, BooleanSupplier over, Runnable beat) {
    while (log.revision() < head && !over.getAsBoolean()) {
      int round = (int) Math.min(ROUND, head - log.revision());
      List<Update> updates;
      try {
        updates = log.read(log.revision(), round);
      } catch (CompactedException e) {
        skip(log, e.log().head());
        return;
      }
      if (updates.isEmpty()) {
        throw new MissingUpdateException(log.revision() + 1);
      }
      offer(
          log,
          updates.stream()
              .map(update -> log.add(update, subscriptions.want(update.worker())))
              .toList());
      beat.run();
    }
  }

  private void offer(UpdateLog log, List<LogEntry> updates) {
    List<FanOutEvent> fanOuts = updates.stream().map(FanOutEvent::begun).toList();
    long last = updates.getLast().revision();
    log.offering(last);
    revision = last;
    int fellBehind = subscriptions.offer(updates);
    log.hasOffered(last);
    fanOuts.forEach(event -> event.ended(subscriptions.open(), fellBehind));
    metrics.fellBehind(fellBehind);
  }

  /** Skips to the head of a log whose next updates were removed by compaction. */
  private void skip(UpdateLog log, long head) {
    events.warn(
        "log-compacted-past-tail",
        "revision",
        log.revision(),
        "head",
        head,
        "reason",
        "the log was cut above what was offered; every stream reads on from the log");
    log.skipTo(head);
    revision = head;
    subscriptions.fallBehind();
    log.hasOffered(head);
  }
}
