package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.Vital;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Follows the log and has each update offered ({@link UpdateOffers}) to the subscriptions that want
 * it. One thread: it looks at the log when a hint arrives, and at every poll interval because a
 * hint may be lost.
 *
 * <p>The tail is a state machine. {@link #followed} is the log L while the tail follows one, up to
 * its revision R, and null while there is none; {@link #lost} then tells which log was followed
 * before, if any. Each look at the catalog leads to one transition:
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>the look finds</th><th>next state</th><th>open streams</th></tr>
 * <tr><td>no log</td><td>no catalog, or one that can't be read</td><td>no log</td>
 *     <td>none are open; new ones are refused with UNAVAILABLE</td></tr>
 * <tr><td>no log</td><td>a log with head H</td><td>following it at H</td>
 *     <td>new ones open</td></tr>
 * <tr><td>following L at R</td><td>L with head H &gt;= R</td><td>following L at H</td>
 *     <td>are offered R+1 to H</td></tr>
 * <tr><td>following L at R</td><td>L with head H, compacted above R</td>
 *     <td>following L at H</td>
 *     <td>are marked behind: each reads on from the log and meets the cut there</td></tr>
 * <tr><td>following L at R</td><td>another id or epoch, head H</td><td>following it at H</td>
 *     <td>end with LOG_REPLACED</td></tr>
 * <tr><td>following L at R</td><td>L with head H &lt; R</td><td>lost</td>
 *     <td>end with LOG_REPLACED</td></tr>
 * <tr><td>following L at R</td><td>no catalog</td><td>lost</td><td>end with NO_LOG</td></tr>
 * <tr><td>following L at R</td><td>a read fails, for less than {@link #MAY_FAIL_FOR}</td>
 *     <td>following L at R</td><td>stay open; those that are behind wait</td></tr>
 * <tr><td>following L at R</td><td>reads fail for {@link #MAY_FAIL_FOR}</td><td>lost</td>
 *     <td>end with NO_LOG</td></tr>
 * <tr><td>lost</td><td>nothing, or reads fail</td><td>lost</td>
 *     <td>none are open; new ones are refused with UNAVAILABLE</td></tr>
 * <tr><td>lost</td><td>L with head H &gt;= R, or another log with head H</td>
 *     <td>following it at H</td><td>new ones open</td></tr>
 * <tr><td>lost</td><td>L with head H &lt; R, for less than {@link #SHORTER_FOR}: its files may be
 *     only half restored</td><td>lost</td><td>none are open; new ones are refused</td></tr>
 * <tr><td>lost</td><td>L with head H &lt; R, for {@link #SHORTER_FOR}</td>
 *     <td>following it at H</td><td>new ones open</td></tr>
 * </table>
 *
 * <p>The client of a stream that ended subscribes again with its resume token. The new stream
 * continues there if the log still has that position; otherwise the client gets RESYNC.
 *
 * <p>Invariant: before an update is offered, {@link UpdateLog#revision} is set to its revision;
 * after all its offers, {@link UpdateLog#offered} is set to it. {@link Subscription} depends on
 * this order. {@link #followed} changes before the streams of the old log are ended, so a stream
 * that opens meanwhile either is ended with them or sees the change.
 */
public final class LogTail implements AutoCloseable {
  /** How long reads of an existing catalog may fail before the streams are ended. */
  private static final Duration MAY_FAIL_FOR = Duration.ofSeconds(1);

  /** A log that ends before what was sent is followed only after it has been so for this long. */
  private static final Duration SHORTER_FOR = Duration.ofMillis(1500);

  /** While there is no log, the tail looks for one at least this often. */
  private static final Duration SEARCH_INTERVAL = Duration.ofMillis(250);

  private static final Duration STUCK_AFTER = Duration.ofSeconds(10);

  private final CatalogReader catalog;
  private final Function<LogState, UpdateLog> logs;
  private final Subscriptions subscriptions;
  private final UpdateOffers offers;
  private final Duration pollInterval;
  private final EventLog events;
  private final BlockingQueue<Boolean> hints = new ArrayBlockingQueue<>(1);
  private final Vital thread;

  private volatile UpdateLog followed;
  private volatile String trouble;
  private volatile boolean closed;

  // Only the tail's thread uses these. lost is the log that was followed before, or null.
  private UpdateLog lost;

  private Vital self;
  private long failingSince;
  private long shorterSince;

  /**
   * Looks at the catalog once, then follows its log from its head.
   *
   * @param logs creates the {@link UpdateLog} of a log that was found
   */
  public LogTail(
      CatalogReader catalog,
      Function<LogState, UpdateLog> logs,
      Subscriptions subscriptions,
      PushMetrics metrics,
      Duration pollInterval,
      EventLog events) {
    this.catalog = catalog;
    this.logs = logs;
    this.subscriptions = subscriptions;
    this.offers = new UpdateOffers(subscriptions, metrics, events);
    this.pollInterval = pollInterval;
    this.events = events;
    attempt();
    this.thread = Vital.start("log-tail", STUCK_AFTER.plus(pollInterval), events, this::run);
  }

  /** The log being followed; null if there is none. */
  UpdateLog followed() {
    return followed;
  }

  /** The newest revision whose offering has begun. */
  long revision() {
    return offers.revision();
  }

  /**
   * Tells the tail that the log may have this revision, so that it looks soon. Several hints before
   * the next look count as one.
   */
  public void hint(long announced) {
    if (announced > revision() || followed == null) {
      hints.offer(Boolean.TRUE);
    }
  }

  private void run(Vital vital) throws InterruptedException {
    self = vital;
    while (!self.isClosing()) {
      long wait = pollInterval.toNanos();
      if (trouble != null) {
        wait = Math.min(wait, SEARCH_INTERVAL.toNanos());
      }
      hints.poll(wait, TimeUnit.NANOSECONDS);
      attempt();
      self.beat();
    }
  }

  private void attempt() {
    try {
      look();
      well();
    } catch (RuntimeException e) {
      unwell(e);
    }
  }

  private void look() {
    LogState now = catalog.log();
    UpdateLog log = followed;
    if (log == null) {
      found(now);
    } else if (!log.isSame(now)) {
      replaced(now, "its id or epoch is another");
    } else if (now.head() < log.revision()) {
      lose(log, SubscriptionEnd.LOG_REPLACED);
      throw shorter(now);
    } else {
      offers.readOn(log, now.head(), () -> closed, self::beat);
    }
  }

  private void found(LogState now) {
    if (lost != null && lost.isSame(now) && now.head() < lost.revision()) {
      if (System.nanoTime() - shorterSince < SHORTER_FOR.toNanos() || shorterSince == 0) {
        throw shorter(now);
      }
      replaced(now, "it ends before a revision that was sent");
    } else if (lost != null && !lost.isSame(now)) {
      replaced(now, "its id or epoch is another");
    } else {
      follow(now);
    }
  }

  private CatalogException shorter(LogState now) {
    if (shorterSince == 0) {
      shorterSince = System.nanoTime();
    }
    return new CatalogUnavailableException(
        "the log ends at revision %d, before %d that was sent".formatted(now.head(), revision()));
  }

  private void replaced(LogState now, String how) {
    events.warn(
        "log-replaced",
        "revision",
        revision(),
        "head",
        now.head(),
        "reason",
        "the log is not the one that was followed: "
            + how
            + "; every stream ends and may start anew");
    follow(now);
    endAll(SubscriptionEnd.LOG_REPLACED);
  }

  private void follow(LogState now) {
    lost = null;
    shorterSince = 0;
    offers.beginAfter(now.head());
    followed = logs.apply(now);
  }

  private void lose(UpdateLog log, SubscriptionEnd reason) {
    lost = log;
    shorterSince = 0;
    followed = null;
    endAll(reason);
  }

  private void endAll(SubscriptionEnd reason) {
    subscriptions.all().forEach(subscription -> subscription.end(reason));
  }

  private void unwell(RuntimeException e) {
    long now = System.nanoTime();
    String reason = String.valueOf(e.getMessage());
    if (trouble == null && !closed) {
      failingSince = now;
      if (e instanceof CatalogException) {
        events.warn("log-unreadable", "revision", revision(), "reason", reason);
      } else {
        events.error("log-unreadable", e, "revision", revision());
      }
    }
    trouble = reason;
    UpdateLog log = followed;
    if (log != null
        && (e instanceof CatalogUnavailableException
            || now - failingSince >= MAY_FAIL_FOR.toNanos())) {
      lose(log, SubscriptionEnd.NO_LOG);
    }
  }

  private void well() {
    if (trouble != null) {
      events.info("log-readable", "revision", revision());
      trouble = null;
    }
  }

  /**
   * Checks that updates are being followed, for health checks. Throws {@link CatalogException} with
   * the reason if not.
   */
  public void check() {
    String reason = trouble;
    if (reason != null) {
      throw new CatalogException("the update log can't be read: " + reason);
    }
    if (followed == null) {
      // The streams have just been ended; trouble is about to be set.
      throw new CatalogException("no update log is followed");
    }
    thread.check();
  }

  @Override
  public void close() {
    closed = true;
    hints.offer(Boolean.TRUE);
    thread.closeGently();
  }
}
