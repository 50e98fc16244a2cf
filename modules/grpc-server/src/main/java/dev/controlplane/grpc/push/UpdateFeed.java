package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.log.CatchUpTurns;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.MessageOutput;
import dev.controlplane.grpc.log.ResumeToken;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.grpc.reports.SentTimes;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sends the messages of one stream, from its start to its end, in this order: RESYNC if necessary,
 * a snapshot and SYNCED if requested, then updates with bookmarks between them, and finally GOODBYE
 * if the end is planned. Only the stream's handler uses it.
 *
 * <p>There is neither a gap nor a repetition between snapshot and updates: the tail knows the
 * subscription before the snapshot's revision is chosen, and the subscription starts after that
 * revision.
 */
final class UpdateFeed {
  /** The pause between attempts to read a log that can't be read. */
  private static final Duration RETRY = Duration.ofMillis(100);

  private final SubscribeOptions options;
  private final Subscription subscription;
  private final UpdateLog log;
  private final MessageOutput output;
  private final PushSettings settings;
  private final PushMetrics metrics;
  private final SentTimes sentTimes;

  /** What the consumer holds; released as soon as the snapshot is sent. */
  private Map<String, Digest> held;

  /** The consumer's position in a snapshot; null outside of one. */
  private ResumeToken snapshotAt;

  UpdateFeed(
      SubscribeOptions options,
      Map<String, Digest> held,
      Subscription subscription,
      UpdateLog log,
      MessageOutput output,
      PushServices services) {
    this.options = options;
    this.held = held;
    this.subscription = subscription;
    this.log = log;
    this.output = output;
    this.settings = services.settings();
    this.metrics = services.metrics();
    this.sentTimes = services.sentTimes();
  }

  /**
   * For a client that wants updates from now on: fixes the start. Must be called before the
   * response headers are sent, so that the client learns of a start that has passed.
   */
  void start() {
    if (options.resumeToken().isEmpty() && !options.snapshot()) {
      subscription.startNow();
    }
  }

  /**
   * Sends messages until the subscription has ended, then GOODBYE to clients that understand it.
   */
  void run() throws InterruptedException {
    long expires = expires();
    begin();
    held = Map.of();
    long bookmark = options.bookmarks() ? System.nanoTime() : Subscription.NEVER;
    if (options.snapshot()) {
      bookmark = nextBookmark(bookmark);
    }
    while (subscription.ended() == null) {
      try {
        LogEntry update = subscription.next(sooner(bookmark, expires));
        if (update != null) {
          send(update);
        }
      } catch (CompactedException e) {
        if (options.control()) {
          resync(e.getMessage(), true);
        } else {
          subscription.end(SubscriptionEnd.COMPACTED);
        }
      }
      if (isPast(bookmark) && subscription.ended() == null) {
        send(UpdateEncoder.control(UpdateKind.BOOKMARK, log.token(subscription.position())));
        bookmark = nextBookmark(bookmark);
      }
      if (isPast(expires)) {
        subscription.end(SubscriptionEnd.EXPIRED);
      }
    }
    if (options.control() && isPlanned(subscription.ended())) {
      send(
          UpdateEncoder.control(UpdateKind.GOODBYE, place())
              .setRetryAfterMs(jittered(settings.reconnectSpread()).toMillis()));
    }
  }

  private static boolean isPlanned(SubscriptionEnd end) {
    return end == SubscriptionEnd.STOPPING || end == SubscriptionEnd.EXPIRED;
  }

  private static boolean isPast(long deadline) {
    return deadline != Subscription.NEVER && System.nanoTime() - deadline >= 0;
  }

  private static long sooner(long one, long other) {
    if (one == Subscription.NEVER || other == Subscription.NEVER) {
      return one == Subscription.NEVER ? other : one;
    }
    return one - other < 0 ? one : other;
  }

  private long nextBookmark(long before) {
    return before == Subscription.NEVER
        ? before
        : System.nanoTime() + settings.bookmarkInterval().toNanos();
  }

  /**
   * When the stream expires: up to ten per cent before or after the configured age, so that streams
   * opened together do not end together.
   */
  private long expires() {
    Duration age = settings.maxStreamAge();
    if (age.isZero() || !options.control()) {
      return Subscription.NEVER;
    }
    long tenth = age.toNanos() / 10;
    return System.nanoTime()
        + age.toNanos()
        - tenth
        + jittered(Duration.ofNanos(2 * tenth)).toNanos();
  }

  private static Duration jittered(Duration most) {
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(most.toNanos() + 1));
  }

  private void send(LogEntry update) throws InterruptedException {
    int length = log.send(update, output);
    subscription.at().sentUpTo(update.revision());
    sentTimes.sent(options.consumer(), update.revision());
    metrics.sent(length, update.update().committedAt());
  }

  private void send(WorkerUpdate.Builder message) {
    output.send(UpdateEncoder.ofOneStream(message));
  }

  /** The position at which the consumer would resume now. */
  private ResumeToken place() {
    return snapshotAt == null ? log.token(subscription.position()) : snapshotAt;
  }

  private void begin() throws InterruptedException {
    if (options.resumeToken().isEmpty()) {
      if (options.snapshot()) {
        snapshot(now().startOfSnapshot(false));
      }
      return;
    }
    ResumeToken token = ResumeToken.decoded(options.resumeToken()).orElse(null);
    String obstacle = obstacle(token);
    if (obstacle != null) {
      resync(obstacle, isCompactedAway(token));
    } else if (token.isInSnapshot()) {
      snapshot(token);
    } else {
      subscription.startAfter(token.revision());
    }
  }

  /** Returns why a consumer can't resume at a token; null if it can. */
  private String obstacle(ResumeToken token) {
    if (token == null) {
      return "the resume token is not one of this service";
    }
    LogState now = log.state();
    if (!token.logId().equals(now.id())) {
      return "the resume token is of another log";
    }
    if (token.epoch() != now.epoch()) {
      return "the log went back since the resume token was given";
    }
    if (token.revision() > now.head()) {
      return "the resume token is of revision %d, and the log ends at %d"
          .formatted(token.revision(), now.head());
    }
    if (token.revision() < now.compacted()) {
      return "the log is compacted up to revision %d, and the resume token is of %d"
          .formatted(now.compacted(), token.revision());
    }
    int found = fingerprint(token.revision());
    return found != 0 && token.fingerprint() != 0 && found != token.fingerprint()
        ? "the log has another update at revision " + token.revision()
        : null;
  }

  /** The fingerprint of the update with a revision; 0 if it was removed from the log. */
  private int fingerprint(long revision) {
    try {
      return log.checkedToken(revision).fingerprint();
    } catch (CompactedException e) {
      return 0;
    }
  }

  /** Whether the token is of this log, and only compaction prevents resuming at it. */
  private boolean isCompactedAway(ResumeToken token) {
    LogState now = log.state();
    return token != null
        && token.logId().equals(now.id())
        && token.epoch() == now.epoch()
        && token.revision() < now.compacted();
  }

  /** The end of the log. The tail must know the subscription. */
  private ResumeToken now() {
    return log.token(log.state().head());
  }

  /** Tells the consumer that it can't resume where it was, and sends it a complete snapshot. */
  private void resync(String reason, boolean sameLog) throws InterruptedException {
    metrics.resynced();
    ResumeToken start = now().startOfSnapshot(true);
    send(
        UpdateEncoder.control(UpdateKind.RESYNC, start)
            .setMessage(reason)
            .setLog(sameLog ? logOf(start) : ""));
    snapshot(start);
  }

  private String logOf(ResumeToken place) {
    return options.log() ? place.log() : "";
  }

  private void snapshot(ResumeToken from) throws InterruptedException {
    snapshotAt = from;
    Snapshot snapshot =
        new Snapshot(
            log, from.revision(), options.workers(), held, from.whole(), from.snapshotAfter());
    try {
      int sent = 0;
      for (Update state = next(snapshot); state != null; state = next(snapshot)) {
        // A short snapshot is sent at once; a long one needs turns.
        if (++sent > CatchUpTurns.BATCH && !subscription.awaitTurn()) {
          return;
        }
        if (!subscription.interest().isRejected(state)) {
          ResumeToken behind = from.inSnapshot(state.worker());
          metrics.sentInSnapshot(log.snapshots().send(state, behind, output));
          snapshotAt = behind;
        }
      }
    } catch (CompactedException e) {
      resync(e.getMessage(), true);
      return;
    }
    if (subscription.ended() != null) {
      return;
    }
    ResumeToken synced = from.afterSnapshot();
    send(UpdateEncoder.control(UpdateKind.SYNCED, synced).setLog(logOf(synced)));
    subscription.startAfter(from.revision());
    subscription.at().sentUpTo(from.revision());
    snapshotAt = null;
  }

  /** The next entry; waits while the log can't be read. Null also if the subscription ends. */
  private Update next(Snapshot snapshot) throws InterruptedException {
    while (subscription.ended() == null) {
      try {
        return snapshot.next();
      } catch (CompactedException e) {
        throw e;
      } catch (CatalogException e) {
        // The tail meets the same error and logs it.
        Thread.sleep(RETRY);
      }
    }
    return null;
  }
}
