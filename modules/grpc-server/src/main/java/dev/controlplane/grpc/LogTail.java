package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
import dev.controlplane.catalog.LogState;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.server.EventLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Follows the log and offers each update to those who want it. One thread: it looks at the log when
 * it is told to, and at every poll interval because what tells it may be lost.
 *
 * <p>Invariant: {@link #revision} grows to that of an update before the update is offered, and
 * {@link #offered} after all the offers; see {@link Subscription} for what stands on them.
 */
final class LogTail implements Subscription.Tail, AutoCloseable {
  /** A log that is shorter than what was read must stay so for as long to be taken for another. */
  private static final Duration REPLACED_AFTER = Duration.ofSeconds(5);

  private static final Duration STUCK_AFTER = Duration.ofSeconds(10);

  /**
   * Updates that are offered together if there are more than one: so many that a visit to a
   * subscription is worth its price, and few enough that the first need not wait long for the last.
   */
  private static final int ROUND = 8;

  private final UpdateLog log;
  private final Subscriptions subscriptions;
  private final PushMetrics metrics;
  private final Duration pollInterval;
  private final EventLog events;
  private final BlockingQueue<Boolean> hints = new ArrayBlockingQueue<>(1);
  private final Thread thread;

  private volatile long revision;
  private volatile long offered;
  private volatile long lookedAt = System.nanoTime();
  private volatile String trouble;
  private volatile boolean closed;
  private long shorterSince;

  /** Starts at the end of the log. */
  LogTail(
      UpdateLog log,
      Subscriptions subscriptions,
      PushMetrics metrics,
      Duration pollInterval,
      EventLog events) {
    this.log = log;
    this.subscriptions = subscriptions;
    this.metrics = metrics;
    this.pollInterval = pollInterval;
    this.events = events;
    LogState now = stateAtStart();
    log.follow(now);
    this.revision = now.head();
    this.offered = revision;
    this.thread = Goroutines.factory(Thread.ofVirtual().name("log-tail")).newThread(this::run);
    thread.start();
  }

  private LogState stateAtStart() {
    try {
      return log.state();
    } catch (CatalogUnavailableException e) {
      unwell(e);
      return UpdateLog.NOT_READ;
    }
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public long offered() {
    return offered;
  }

  /** The log may have this revision: have a look. Many hints before the next look are one. */
  void hint(long told) {
    if (told > revision) {
      hints.offer(Boolean.TRUE);
    }
  }

  private void run() {
    while (!closed) {
      try {
        hints.poll(pollInterval.toNanos(), TimeUnit.NANOSECONDS);
        follow();
        lookedAt = System.nanoTime();
        well();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        unwell(e);
      }
    }
  }

  private void follow() {
    LogState now = log.state();
    if (isAnother(now)) {
      replaced(now, "it has the id or the epoch of another");
    }
    long head = now.head();
    if (head < revision) {
      shorter(now);
      return;
    }
    shorterSince = 0;
    while (revision < head && !closed) {
      offer(read(revision + 1, Math.min(head, revision + ROUND)));
      lookedAt = System.nanoTime();
    }
  }

  private List<LogEntry> read(long first, long last) {
    List<LogEntry> updates = new ArrayList<>(ROUND);
    for (long next = first; next <= last; next++) {
      LogEntry update = log.at(next);
      if (subscriptions.want(update.update().worker())) {
        // Here once, before a thousand handlers ask for it.
        log.message(update);
      }
      log.passed(update.update());
      updates.add(update);
    }
    return updates;
  }

  private void offer(List<LogEntry> updates) {
    List<FanOutEvent> events = updates.stream().map(FanOutEvent::begun).toList();
    revision = updates.getLast().revision();
    int fellBehind = subscriptions.offer(updates);
    offered = revision;
    events.forEach(event -> event.ended(subscriptions.open(), fellBehind));
    metrics.fellBehind(fellBehind);
  }

  private boolean isAnother(LogState now) {
    LogState followed = log.followed();
    if (followed.id().isEmpty()) {
      log.follow(now);
      return false;
    }
    return !now.id().equals(followed.id()) || now.epoch() != followed.epoch();
  }

  private void shorter(LogState now) {
    long time = System.nanoTime();
    if (shorterSince == 0) {
      shorterSince = time;
    }
    if (time - shorterSince >= REPLACED_AFTER.toNanos()) {
      replaced(now, "it ends before what was sent");
    }
  }

  private void replaced(LogState now, String how) {
    events.warn(
        "log-replaced",
        "revision",
        revision,
        "head",
        now.head(),
        "reason",
        "the log is not the one that was followed: "
            + how
            + "; every stream ends and may start anew");
    shorterSince = 0;
    log.follow(now);
    revision = now.head();
    offered = revision;
    subscriptions.all().forEach(s -> s.end(Subscription.End.LOG_REPLACED));
  }

  private void unwell(RuntimeException e) {
    String reason = String.valueOf(e.getMessage());
    if (trouble == null && !closed) {
      if (e instanceof CatalogException) {
        events.warn("log-unreadable", "revision", revision, "reason", reason);
      } else {
        events.error("log-unreadable", e, "revision", revision);
      }
    }
    trouble = reason;
  }

  private void well() {
    if (trouble != null) {
      events.info("log-readable", "revision", revision);
      trouble = null;
    }
  }

  /** Throws with the reason if updates are not followed now; for health checks. */
  void check() {
    String reason = trouble;
    if (reason != null) {
      throw new CatalogException("the update log can't be read: " + reason);
    }
    long age = System.nanoTime() - lookedAt;
    if (age > STUCK_AFTER.plus(pollInterval).toNanos()) {
      throw new CatalogException(
          "the update log was last looked at %d s ago"
              .formatted(TimeUnit.NANOSECONDS.toSeconds(age)));
    }
  }

  @Override
  public void close() {
    closed = true;
    hints.offer(Boolean.TRUE);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
