package dev.controlplane.client.stream;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Follows a subscription, on the thread that runs it. While a method is at work the server sends no
 * more than a few updates ahead, and keeps the rest.
 *
 * <p>A stream that breaks is opened again where it broke: no update is missed, none comes twice.
 * Where the server can't go on from there, {@link #onResync} tells so, and a snapshot follows.
 */
public interface SubscriptionListener {
  /**
   * What the consumer holds: worker to SHA-256, 64 lower-case hex digits. Asked before each stream
   * is opened. Of a snapshot only the differences come then, deletions included. Empty: all of it
   * comes.
   */
  default Map<String, String> held() throws InterruptedException {
    return Map.of();
  }

  /**
   * The server has registered the subscription: every update will come, until {@link
   * #onDisconnected}.
   */
  default void onSubscribed() throws InterruptedException {}

  /**
   * One update, in the order of the log; or an item of a snapshot, by name of the worker, with the
   * revision that made it the latest. Deleted, in a snapshot, is a worker that is gone.
   *
   * @return whether to go on
   * @throws IOException ends the subscription and is passed on
   */
  boolean onUpdate(Update update) throws IOException, InterruptedException;

  /**
   * A snapshot is complete.
   *
   * @param revision the one revision of all of it; the updates that follow are later
   */
  default void onSynced(long revision) throws IOException, InterruptedException {}

  /**
   * A snapshot is complete. Calls {@link #onSynced(long)} unless it is overridden.
   *
   * @param revision the one revision of all of it; the updates that follow are later
   * @param log which log the snapshot is of, opaque; empty where the server does not say
   */
  default void onSynced(long revision, String log) throws IOException, InterruptedException {
    onSynced(revision);
  }

  /**
   * The server lives, and has nothing more for this subscription.
   *
   * @param revision up to where
   */
  default void onBookmark(long revision) throws IOException, InterruptedException {}

  /**
   * The server can't go on from where the subscription was: a snapshot follows. Where {@link #held}
   * was empty, what it does not name is gone.
   *
   * @param reason why, for people
   */
  default void onResync(String reason) throws IOException, InterruptedException {}

  /**
   * The same. Calls {@link #onResync(String)} unless it is overridden.
   *
   * @param reason why, for people
   * @param sameLog whether the server says that its log is the one that was followed so far, so
   *     that only old updates of it are gone; false also where the server does not say
   */
  default void onResync(String reason, boolean sameLog) throws IOException, InterruptedException {
    onResync(reason);
  }

  /**
   * Where the subscription is, after a message has been dealt with. Keep it to go on there in
   * another process: {@link Subscription#after}.
   *
   * @param resumeToken opaque
   */
  default void onPosition(String resumeToken) throws IOException, InterruptedException {}

  /**
   * The stream broke, or none could be opened. It goes on where it was; only what is published
   * before the first {@link #onPosition} of a subscription that began without token and snapshot is
   * not sent later.
   *
   * @param reason what happened, for people
   * @param retryIn when it is tried again
   */
  default void onDisconnected(String reason, Duration retryIn) throws InterruptedException {}
}
