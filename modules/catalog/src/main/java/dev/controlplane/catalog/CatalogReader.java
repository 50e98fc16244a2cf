package dev.controlplane.catalog;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the catalog. Every method may be called by any thread; a virtual thread waits without
 * pinning its carrier. Names are taken as {@link Names#checked} returns them. Everything read is
 * durable.
 *
 * <p>Every read throws {@link CatalogUnavailableException} while there is no catalog that can be
 * read: it is absent, unreadable, half restored, replaced by something else, or made by a newer
 * release. No read answers for a catalog that is not there, from memory either. Reads succeed again
 * when a catalog is back, the same one or another.
 */
public interface CatalogReader extends AutoCloseable {
  /** The latest version of a worker. */
  Optional<Version> latest(String worker);

  /** One version of a worker. */
  Optional<Version> version(String worker, String version);

  /** One version of a worker, also one that was deleted. */
  Optional<Version> recorded(String worker, String version);

  /**
   * The versions of a worker, newest first; empty for an unknown worker.
   *
   * @param limit at most so many, 1 or more
   * @param after {@link Page#next} of the page before, or null
   * @throws IllegalArgumentException if {@code after} is not one that a page gave
   */
  Page<Version> versions(String worker, int limit, String after);

  /** The latest version of each worker, by worker name; parameters as {@link #versions}. */
  Page<Version> latestOfAll(int limit, String after);

  /** Which log it is, and how far it goes. */
  LogState log();

  /** The revision of the newest update; 0 for an empty log. */
  default long head() {
    return log().head();
  }

  /**
   * One consistent read of the log: its state, and its updates with a revision above {@code after},
   * at most {@code limit}, in order, without a gap. Where {@code after} is the head or above it,
   * the page has the state and no updates.
   *
   * @throws CompactedException if {@code after} is below {@link LogState#compacted}; it carries the
   *     state of the log
   */
  LogPage page(long after, int limit);

  /** The updates of {@link #page}. */
  default List<Update> updates(long after, int limit) {
    return page(after, limit).updates();
  }

  /**
   * How each worker stood at a revision, by name in the order of their UTF-8 bytes: for one with a
   * latest version, that version as the update that made it the latest (published, or rolled back
   * where it moved to an earlier version); for one that was gone, the update that deleted its last
   * version. Pages of one revision fit together, whatever is committed in between.
   *
   * @param revision from {@link LogState#compacted} to {@link LogState#head}
   * @param limit names looked at, 1 or more; a page may have fewer entries
   * @param after the last name looked at before; empty for the first page
   * @return the page; {@link Page#next} is the last name looked at, null at the end
   * @throws CompactedException if the log no longer reaches back to the revision
   */
  Page<Update> snapshot(long revision, int limit, String after);

  /** As {@link #snapshot(long, int, String)}, for the named workers; unknown ones are left out. */
  List<Update> snapshot(long revision, Collection<String> workers);

  /**
   * Of the workers of these updates, those that have, or had, another version with the same bytes
   * as the update's. A consumer that has these bytes may mean either version.
   */
  Set<String> ambiguous(Collection<Update> updates);

  /**
   * Updates of one worker: those above a revision, up to and including another.
   *
   * @param after the revision below the first
   * @param upTo the revision of the last
   */
  record Span(String worker, long after, long upTo) {}

  /**
   * How many updates the log has in each span. Updates that were compacted away do not count, nor
   * do those that are for one consumer.
   *
   * @param most the largest number that is counted
   * @return the numbers, in the order of the spans
   */
  List<Integer> counts(List<Span> spans, int most);

  /**
   * Throws {@link CatalogException} with the reason if the catalog can't be read now; for health
   * checks.
   */
  void check();

  @Override
  void close();
}
