package dev.controlplane.catalog;

import java.util.List;
import java.util.Optional;

/**
 * What is in the catalog. Every method may be called by any thread; a virtual thread waits without
 * pinning its carrier. Names are taken as {@link Names#checked} returns them. Everything read is
 * durable. A catalog that no writer has made yet reads as empty.
 */
public interface CatalogReader extends AutoCloseable {
  /** The latest version of a worker. */
  Optional<Version> latest(String worker);

  /** One version of a worker. */
  Optional<Version> version(String worker, String version);

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

  /** The revision of the newest update; 0 for an empty log. */
  long head();

  /** Updates with a revision above {@code after}, at most {@code limit}, in order. */
  List<Update> updates(long after, int limit);

  /**
   * Throws {@link CatalogException} with the reason if the catalog can't be read now; for health
   * checks.
   */
  void check();

  @Override
  void close();
}
