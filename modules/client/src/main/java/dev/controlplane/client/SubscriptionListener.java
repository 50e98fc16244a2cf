package dev.controlplane.client;

import java.io.IOException;
import java.time.Duration;

/**
 * Follows a subscription, on the thread that runs it. While a method is at work the server sends no
 * more than a few updates ahead, and keeps the rest.
 */
public interface SubscriptionListener {
  /**
   * The server has registered the subscription: every update from now on will come, until {@link
   * #onDisconnected}.
   */
  default void onSubscribed() {}

  /**
   * One update, in the order of the log.
   *
   * @return whether to go on
   * @throws IOException ends the subscription and is passed on
   */
  boolean onUpdate(Update update) throws IOException, InterruptedException;

  /**
   * The stream broke, or none could be opened. Updates that are published before the next {@link
   * #onSubscribed} are not sent later.
   *
   * @param reason what happened, for people
   * @param retryIn when it is tried again
   */
  default void onDisconnected(String reason, Duration retryIn) {}
}
