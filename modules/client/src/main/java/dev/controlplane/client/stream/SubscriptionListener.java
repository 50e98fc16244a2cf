package dev.controlplane.client.stream;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Receives the messages of a subscription, on the thread that runs it. While a method works, the
 * server sends at most a few updates ahead and keeps the rest.
 *
 * <p>A stream that breaks is opened again and resumes where it was: no update is missed, and none
 * comes twice. If the server cannot resume from there, {@link #onResync} is called and a snapshot
 * follows.
 */
public interface SubscriptionListener {
  /**
   * What the consumer holds: worker to SHA-256, 64 lower-case hex digits. Asked before each stream
   * is opened. A snapshot then contains only the differences, deletions included. Empty: the
   * complete snapshot comes.
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
   * revision that made it the latest. In a snapshot, {@code DELETED} means that the worker is gone.
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
   * A bookmark: everything wanted up to a revision has been received.
   *
   * @param revision that revision
   */
  default void onBookmark(long revision) throws IOException, InterruptedException {}

  /**
   * The server cannot resume from where the subscription was: a snapshot follows. If {@link #held}
   * was empty, a worker that the snapshot does not contain is gone.
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
   * The position of the subscription after a message has been processed. Keep it to resume there in
   * another process: {@link Subscription#after}.
   *
   * @param resumeToken opaque
   */
  default void onPosition(String resumeToken) throws IOException, InterruptedException {}

  /**
   * The stream broke, or none could be opened. It is tried again and resumes where it was. One case
   * loses updates: a subscription without token and snapshot that breaks before its first {@link
   * #onPosition} does not receive what is published until it is open again.
   *
   * @param reason what happened, for people
   * @param retryIn when it is tried again
   */
  default void onDisconnected(String reason, Duration retryIn) throws InterruptedException {}
}
