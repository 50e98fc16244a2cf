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
 * Reads the log on, a few updates at a time, and offers them to the subscriptions that want them.
 * The tail's thread calls; others ask for the revision.
 */
final class UpdateOffers {
  /**
   * Updates that are offered together if there are more than one: so many that a visit to a
   * subscription is worth its price, and few enough that the first need not wait long for the last.
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

  /** The newest revision that is being offered, or was. */
  long revision() {
    return revision;
  }

  /** Another log is followed: what is offered comes after this revision. */
  void beginAfter(long head) {
    revision = head;
  }

  /**
   * Reads a log up to a revision and offers what is there.
   *
   * @param over whether to leave off
   * @param beat is called after each round
   * @throws dev.controlplane.catalog.CatalogException if the log can't be read now
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

  /** The log was cut above the revision: what can be offered begins at its head. */
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
