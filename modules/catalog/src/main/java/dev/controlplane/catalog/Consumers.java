package dev.controlplane.catalog;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Stores what is known of consumers: who they are, which workers they want, when they were last
 * seen, and what they reported. Every write is durable. Threads and errors are as in {@link
 * CatalogReader}.
 */
public interface Consumers extends AutoCloseable {
  /**
   * One consumer.
   *
   * @param id {@code consumer_id}
   * @param endpoint as registered; empty if it never registered
   * @param lastSeen the newest sign of life
   * @param lastRevision the highest revision sent to it; 0 for none
   * @param reports whether it has reported what it did with any version
   */
  record Consumer(
      String id, String endpoint, Instant lastSeen, long lastRevision, boolean reports) {}

  /**
   * A sign of life, to be recorded.
   *
   * @param interest the workers that it has subscribed to, an empty set for all; absent if it did
   *     not subscribe
   */
  record Sighting(String id, Instant at, long lastRevision, Optional<Set<String>> interest) {
    /** A sign of life of a consumer whose interest is as it was. */
    public Sighting(String id, Instant at, long lastRevision) {
      this(id, at, lastRevision, Optional.empty());
    }
  }

  /** What a consumer did with a version. */
  enum State {
    /** The bytes have arrived. */
    RECEIVED,
    /** They have the digest that they should have. */
    VERIFIED,
    /** The version is in use. */
    ACTIVE,
    /** The consumer refuses the version and keeps what it had. */
    REJECTED
  }

  /**
   * A consumer's report about a version, to be recorded.
   *
   * @param revision the update that it is about
   * @param code a short word for why; may be empty
   * @param message why, for people; may be empty
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

  /** A version that a consumer refuses, as of a revision. */
  record Rejection(String version, long revision) {}

  /**
   * What a consumer reported about a version.
   *
   * @param revision the update that it was about; 0 if the log is another one by now
   * @param at when it was told
   */
  record Told(String version, long revision, Instant at) {}

  /**
   * How a consumer stands with a worker.
   *
   * @param consumer who
   * @param acknowledged the version whose bytes arrived last; null for none
   * @param active the version in use; null for none
   * @param rejected the version that it will not use; null for none
   * @param code why it was rejected
   * @param message why it was rejected, for people
   */
  record Standing(
      Consumer consumer,
      String worker,
      Told acknowledged,
      Told active,
      Told rejected,
      String code,
      String message) {
    /** The standing of a consumer that has reported nothing. */
    public static Standing untold(Consumer consumer, String worker) {
      return new Standing(consumer, worker, null, null, null, "", "");
    }
  }

  /** Records a consumer and its endpoint; again: the new endpoint counts. */
  void register(String id, String endpoint, Instant at);

  /**
   * Records many signs of life in one transaction; an unknown consumer becomes known. The last
   * interest of a consumer counts.
   */
  void seen(Collection<Sighting> sightings);

  /**
   * Sets the log that revisions belong to. If it is another log than before, as after a restore,
   * all recorded revisions count as 0. So a report from the former log neither outranks a new
   * report nor keeps an update from being sent. Setting the same log again costs nothing.
   */
  void follow(LogState log);

  /**
   * Records reports in one transaction, in order. {@link State#RECEIVED} and {@link State#VERIFIED}
   * make the version acknowledged, {@link State#ACTIVE} also active, which ends a rejection of this
   * revision or an earlier one. A report about an earlier revision than the recorded one changes
   * nothing, because reports may come late or twice.
   *
   * @return the reports that reject a version now
   */
  List<Report> report(List<Report> reports);

  /** What a consumer rejects, by worker. */
  Map<String, Rejection> rejections(String consumer);

  /** Whether a consumer last subscribed to all workers. */
  boolean wantsAll(String consumer);

  /**
   * How a consumer stands with the workers that it last subscribed to by name or has reported
   * about, in the order of the names' UTF-8 bytes.
   *
   * @param limit at most so many, 1 or more; fewer come at the end
   * @param after the worker that the page before ended with; empty for the first page
   */
  List<Standing> standings(String consumer, int limit, String after);

  /**
   * How consumers stand with a worker: those that last subscribed to it or to all workers, or have
   * reported about it. As {@link #standings}, by consumer.
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

  /** All consumers by id; parameters as {@link CatalogReader#versions}. */
  Page<Consumer> list(int limit, String after);

  /** At most so many consumers by id, those after this one. */
  List<Consumer> following(String id, int limit);

  /**
   * Forgets a consumer, with the workers that it wanted and its reports. It may come back as a new
   * one.
   *
   * @return false if it is not known
   */
  boolean forget(String id);

  /**
   * Forgets consumers that have not been seen for long, in several transactions between which
   * others are written. Sightings of a time that is yet to come count as of now: the clock was
   * wrong then.
   *
   * @param before consumers that were seen since then are kept
   * @param spared consumers that are kept in any case
   * @return how many were forgotten
   */
  int expire(Instant before, Predicate<String> spared);

  /** Throws {@link CatalogException} with the reason if consumers can't be recorded now. */
  void check();

  /** Figures of the writer, for metrics. */
  WriterStatus status();

  @Override
  void close();
}
