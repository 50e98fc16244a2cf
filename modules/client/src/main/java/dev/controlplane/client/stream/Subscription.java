package dev.controlplane.client.stream;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.Names;
import java.time.Duration;
import java.util.List;

/**
 * A consumer's request for updates: which workers, and where to start.
 *
 * @param consumerId the consumer's id; not empty
 * @param workers the wanted workers; empty for all
 * @param resumeToken where to resume, as {@link SubscriptionListener#onPosition} gave it; empty for
 *     none
 * @param snapshot whether to start with the latest version of every worker if there is no token;
 *     otherwise the stream starts with what is published from now on
 * @param delivery which updates are sent
 * @param silence how long a stream may bring no message, not even a bookmark, before it counts as
 *     broken. Use a few times the server's {@code BOOKMARK_INTERVAL}. Zero: no limit, and no
 *     bookmarks
 */
public record Subscription(
    String consumerId,
    List<String> workers,
    String resumeToken,
    boolean snapshot,
    Delivery delivery,
    Duration silence) {
  /** Four times the default interval of the servers' bookmarks. */
  public static final Duration SILENCE = Duration.ofSeconds(60);

  /** Which updates are sent. */
  public enum Delivery {
    /** Every update. */
    ALL,
    /** The server may omit an update that a later one of the same worker supersedes. */
    LATEST
  }

  /**
   * Validates the request.
   *
   * @throws InvalidNameException if the name of the consumer or of a worker is not allowed
   */
  public Subscription {
    consumerId = Names.checked("the consumer's id", consumerId);
    workers = workers.stream().map(worker -> Names.checked("the worker's name", worker)).toList();
    if (silence.isNegative()) {
      throw new IllegalArgumentException("silence is negative");
    }
  }

  /** Every update from now on. */
  public Subscription(String consumerId, List<String> workers) {
    this(consumerId, workers, "", false, Delivery.ALL, SILENCE);
  }

  /** The same, resuming at a token; an empty token changes nothing. */
  public Subscription after(String token) {
    return new Subscription(consumerId, workers, token, snapshot, delivery, silence);
  }

  /** The same, starting with the latest version of every worker. */
  public Subscription withSnapshot() {
    return new Subscription(consumerId, workers, resumeToken, true, delivery, silence);
  }

  /** The same, without superseded updates. */
  public Subscription latestOnly() {
    return new Subscription(consumerId, workers, resumeToken, snapshot, Delivery.LATEST, silence);
  }

  /** The same with another limit of silence. */
  public Subscription silence(Duration limit) {
    return new Subscription(consumerId, workers, resumeToken, snapshot, delivery, limit);
  }
}
