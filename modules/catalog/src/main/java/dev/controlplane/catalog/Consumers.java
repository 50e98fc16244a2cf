package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Stores what is known about consumers: their endpoints, the workers they want, when they were last
 * seen, and what they reported. Every write is durable. Thread-safety and errors as for {@link
 * CatalogReader}.
 */
public interface Consumers extends AutoCloseable {
  /**
   * A consumer.
   *
   * @param id {@code consumer_id}
   * @param endpoint as registered; empty if it never registered
   * @param lastSeen the time of its newest sighting
   * @param lastRevision the highest revision sent to it; 0 for none
   * @param reports whether it has reported what it did with any version
   */
  record Consumer(
      String id, String endpoint, Instant lastSeen, long lastRevision, boolean reports) {}

  /**
   * A sighting: a moment at which the server noticed the consumer alive.
   *
   * @param lastRevision the highest revision sent to it by then; 0 for none
   * @param interest the workers that it subscribed to, empty for all workers; absent if it did not
   *     subscribe now
   */
  record Sighting(String id, Instant at, long lastRevision, Optional<Set<String>> interest) {
    /** A sighting that leaves the consumer's interest unchanged. */
    public Sighting(String id, Instant at, long lastRevision) {
      this(id, at, lastRevision, Optional.empty());
    }
  }

  /** How far a consumer got with a version. */
  enum State {
    /** The bytes have arrived. */
    RECEIVED,
    /** The bytes have the expected digest. */
    VERIFIED,
    /** The version is in use. */
    ACTIVE,
    /** The consumer refuses the version and keeps its previous one. */
    REJECTED
  }

  /**
   * A consumer's report about a version.
   *
   * @param revision of the update that the report is about
   * @param code a short word for the reason; may be empty
   * @param message the reason for people; may be empty
   */
  record Report(
      String consumer,
      String worker,
      String version,
      long revision,
      State state,
      String code,
      String message,
      Instant at) {}

  /** A version that a consumer rejects, and the revision of its report. */
  record Rejection(String version, long revision) {}

  /**
   * The version of the newest report of one kind.
   *
   * @param revision of the update that it was about; 0 if that revision belongs to an earlier log
   * @param at when it was reported
   */
  record Told(String version, long revision, Instant at) {}

  /**
   * A consumer's state for one worker.
   *
   * @param consumer the consumer
   * @param acknowledged the version whose bytes arrived last; null for none
   * @param active the version in use; null for none
   * @param rejected the version that it refuses; null for none
   * @param code a short word for the reason of the rejection
   * @param message the reason of the rejection, for people
   */
  record Standing(
      Consumer consumer,
      String worker,
      Told acknowledged,
      Told active,
      Told rejected,
      String code,
      String message) {
    /** The state of a consumer that has reported nothing about the worker. */
    public static Standing untold(Consumer consumer, String worker) {
      return new Standing(consumer, worker, null, null, null, "", "");
    }
  }

  /** Records a consumer and its endpoint. A repeated call replaces the endpoint. */
  void register(String id, String endpoint, Instant at);

  /**
   * Records sightings in one transaction. An unknown consumer is added. If a consumer's interest
   * appears more than once, the last one is recorded.
   */
  void seen(Collection<Sighting> sightings);

  /**
   * Sets the log that revisions belong to. If the log differs from the previous one, as after a
   * restore, all recorded revisions become 0, so that reports about the former log neither outrank
   * new reports nor prevent an update from being sent. Setting the same log again costs nothing.
   */
  void follow(LogState log);

  /**
   * Records reports in one transaction, in order.
   *
   * <ul>
   *   <li>{@link State#RECEIVED} and {@link State#VERIFIED} make the version acknowledged.
   *   <li>{@link State#ACTIVE} makes it acknowledged and active, and ends a rejection of this or an
   *       earlier revision.
   *   <li>A report about an earlier revision than the recorded one changes nothing, because reports
   *       may arrive late or twice.
   * </ul>
   *
   * @return the reports that caused a rejection
   */
  List<Report> report(List<Report> reports);

  /** The consumer's rejections by worker. */
  Map<String, Rejection> rejections(String consumer);

  /** Whether the consumer's last subscription was for all workers. */
  boolean wantsAll(String consumer);

  /**
   * The consumer's state for each worker that it last subscribed to by name or has reported about,
   * ordered by the UTF-8 bytes of the worker's name.
   *
   * @param limit the most entries to return, 1 or more; fewer mean that the listing has ended
   * @param after the last worker of the previous page; empty for the first page
   */
  List<Standing> standings(String consumer, int limit, String after);

  /**
   * The states of all consumers for a worker: those whose last subscription was for it or for all
   * workers, and those that have reported about it. Ordered by consumer; parameters as for {@link
   * #standings}.
   */
  List<Standing> standingsWith(String worker, int limit, String after);

  /**
   * Workers that consumers have reported about: first those that most consumers reject a version
   * of, then those that most consumers have reported about.
   *
   * @param limit at most so many, 1 or more
   */
  List<String> mostReported(int limit);

  /** One consumer. */
  Optional<Consumer> find(String id);

  /** All consumers by id. Parameters as for {@link CatalogReader#versions}. */
  Page<Consumer> list(int limit, String after);

  /** At most {@code limit} consumers whose ids follow this one, by id. */
  List<Consumer> following(String id, int limit);

  /**
   * Forgets a consumer with its interest and reports. It may come back as a new consumer.
   *
   * @return false if it is unknown
   */
  boolean forget(String id);

  /**
   * Forgets consumers that were not seen for a long time. Works in several transactions, so that
   * other writes can run in between. Sightings with a time in the future are set to the current
   * time first, because the clock was wrong then.
   *
   * @param before consumers seen at or after this time are kept
   * @param spared consumers that are kept in any case
   * @return how many were forgotten
   */
  int expire(Instant before, Predicate<String> spared);

  /**
   * Checks that consumers can be recorded now. Throws {@link CatalogException} with the reason if
   * not.
   */
  void check();

  /** Counters of the writer, for metrics. */
  WriterStatus status();

  @Override
  void close();
}
