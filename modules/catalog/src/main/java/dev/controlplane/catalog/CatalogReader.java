package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the catalog. Thread-safe; a waiting virtual thread does not pin its carrier. Worker and
 * version names must be in the form that {@link Names#checked} returns. Everything that is read is
 * durable.
 *
 * <p>Every read throws {@link CatalogUnavailableException} while no readable catalog is there: it
 * is absent, unreadable, partly restored, replaced by something else, or made by a newer release.
 * No read answers from memory for a catalog that is gone. Reads succeed again as soon as a catalog
 * is back, the same one or another.
 */
public interface CatalogReader extends AutoCloseable {
  Optional<Version> latest(String worker);

  Optional<Version> version(String worker, String version);

  /** One version of a worker, even if it was deleted. */
  Optional<Version> recorded(String worker, String version);

  /**
   * The versions of a worker, newest first; empty for an unknown worker.
   *
   * @param limit the most versions to return; 1 or more
   * @param after {@link Page#next} of the previous page; null for the first page
   * @throws IllegalArgumentException if {@code after} did not come from a page of this listing
   */
  Page<Version> versions(String worker, int limit, String after);

  /**
   * The latest version of each worker, ordered by worker name. Parameters as for {@link #versions}.
   */
  Page<Version> latestOfAll(int limit, String after);

  /** The identity and extent of the log. */
  LogState log();

  /** The revision of the newest update; 0 for an empty log. */
  default long head() {
    return log().head();
  }

  /**
   * Returns the log's state and the updates after a revision, in one consistent read. The updates
   * are in order and without a gap. If {@code after} is the head or above it, there are no updates.
   *
   * @param limit the most updates to return; 1 or more
   * @throws CompactedException if {@code after} is below {@link LogState#compacted}; it carries the
   *     state of the log
   */
  LogPage page(long after, int limit);

  /** The updates of {@link #page}. */
  default List<Update> updates(long after, int limit) {
    return page(after, limit).updates();
  }

  /**
   * Returns the state of each worker at a revision, ordered by the UTF-8 bytes of the worker's
   * name. Pages of one revision are consistent with each other, whatever is committed in between.
   *
   * <ul>
   *   <li>For a worker with a latest version: the update that made that version the latest. If
   *       deleting a newer version did so, the entry appears as a rollback to it.
   *   <li>For a worker without versions: the update that deleted the last one.
   * </ul>
   *
   * @param revision from {@link LogState#compacted} to {@link LogState#head}
   * @param limit how many names to examine; 1 or more. The page may have fewer entries.
   * @param after the last name examined before; empty for the first page
   * @return the page; {@link Page#next} is the last name examined, null at the end
   * @throws CompactedException if the log no longer reaches back to the revision
   */
  Page<Update> snapshot(long revision, int limit, String after);

  /**
   * As {@link #snapshot(long, int, String)}, for the named workers. Unknown workers are left out.
   */
  List<Update> snapshot(long revision, Collection<String> workers);

  /**
   * Returns those workers of the updates for which the update's digest is ambiguous: another
   * version of the same worker has, or had, the same bytes. A consumer that holds these bytes may
   * mean either version.
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
