package dev.controlplane.client.stream;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.Names;
import java.time.Duration;
import java.util.List;

/**
 * A consumer's request for updates: of which workers, and from where on.
 *
 * @param consumerId who receives; not empty
 * @param workers only these; empty means all of them
 * @param resumeToken where to resume, as {@link SubscriptionListener#onPosition} gave it; empty:
 *     not used
 * @param snapshot whether to begin with the latest version of every worker where there is no token;
 *     else with what is published from now on
 * @param delivery which updates come
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
  /** Four times the interval at which servers send bookmarks where they are not told otherwise. */
  public static final Duration SILENCE = Duration.ofSeconds(60);

  /** Which updates come. */
  public enum Delivery {
    /** Every one. */
    ALL,
    /** The server may leave out an update that a later one of the same worker supersedes. */
    LATEST
  }

  /**
   * Copies the workers.
   *
   * @throws InvalidNameException when the consumer or a worker can't have such a name
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

  /** The same, going on after a token; an empty one changes nothing. */
  public Subscription after(String token) {
    return new Subscription(consumerId, workers, token, snapshot, delivery, silence);
  }

  /** The same, with the latest version of every worker first. */
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
