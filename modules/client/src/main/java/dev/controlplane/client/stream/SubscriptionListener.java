package dev.controlplane.client.stream;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Receives the messages of a subscription, on the thread that runs it. While a method is running,
 * the server sends at most a few updates ahead.
 *
 * <p>A broken stream is opened again and resumes where it was: no update is missed or repeated. If
 * the server can't resume there, {@link #onResync} is called and a snapshot follows.
 */
public interface SubscriptionListener {
  /**
   * Returns what the consumer holds: worker to SHA-256, 64 lower-case hex digits. Called before
   * each stream is opened. A snapshot then contains only the differences, including deletions. If
   * it is empty, the snapshot is complete.
   */
  default Map<String, String> held() throws InterruptedException {
    return Map.of();
  }

  /**
   * The server has registered the subscription: every update will arrive until {@link
   * #onDisconnected}.
   */
  default void onSubscribed() throws InterruptedException {}

  /**
   * Receives an update, in the order of the log; or an entry of a snapshot, ordered by worker, with
   * the revision that made it the latest. In a snapshot, {@code DELETED} means that the worker is
   * gone.
   *
   * @return whether to continue
   * @throws IOException ends the subscription and is passed on
   */
  boolean onUpdate(Update update) throws IOException, InterruptedException;

  /**
   * A snapshot is complete.
   *
   * @param revision of the snapshot; later updates follow
   */
  default void onSynced(long revision) throws IOException, InterruptedException {}

  /**
   * A snapshot is complete. Calls {@link #onSynced(long)} unless overridden.
   *
   * @param revision of the snapshot; later updates follow
   * @param log the log of the snapshot, opaque; empty if the server does not say
   */
  default void onSynced(long revision, String log) throws IOException, InterruptedException {
    onSynced(revision);
  }

  /**
   * A bookmark: everything wanted up to a revision was received.
   *
   * @param revision that revision
   */
  default void onBookmark(long revision) throws IOException, InterruptedException {}

  /**
   * The server can't resume where the subscription was: a snapshot follows. If {@link #held} was
   * empty, a worker that the snapshot does not contain is gone.
   *
   * @param reason for people
   */
  default void onResync(String reason) throws IOException, InterruptedException {}

  /**
   * As {@link #onResync(String)}, which it calls unless overridden.
   *
   * @param reason for people
   * @param sameLog whether the server says that its log is the one followed so far, so that only
   *     old updates of it are gone; false also if the server does not say
   */
  default void onResync(String reason, boolean sameLog) throws IOException, InterruptedException {
    onResync(reason);
  }

  /**
   * The position of the subscription after a message was processed. Store it to resume there in
   * another process: {@link Subscription#after}.
   *
   * @param resumeToken opaque
   */
  default void onPosition(String resumeToken) throws IOException, InterruptedException {}

  /**
   * The stream broke or could not be opened. It will be opened again and resume where it was. One
   * case loses updates: a subscription without token and snapshot that breaks before its first
   * {@link #onPosition} misses what is published until it is open again.
   *
   * @param reason for people
   * @param retryIn when it will be opened again
   */
  default void onDisconnected(String reason, Duration retryIn) throws InterruptedException {}
}
