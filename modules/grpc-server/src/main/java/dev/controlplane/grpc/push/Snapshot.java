package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.log.UpdateLog;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The messages that describe, as of one revision, the workers that a consumer wants. They come in
 * the order of the names' UTF-8 bytes, so a snapshot can resume after any name. They are read from
 * the store page by page; later commits do not show.
 *
 * <p>A worker whose latest version the consumer already holds is left out, with two exceptions: the
 * snapshot is to be complete, or another version of the worker has the same bytes, so that the
 * consumer may mean that one. For a worker that the consumer holds and that no longer exists, the
 * snapshot has the deletion.
 */
final class Snapshot {
  /** How many names are examined at a time. */
  static final int PAGE = 128;

  /** The pages of names to examine: all names, or those that are wanted. */
  private interface Pages {
    /** Returns the page after a name. Repeating a call returns the same page. */
    Page<Update> after(String name);
  }

  private final UpdateLog log;
  private final Pages pages;
  private final long revision;
  private final Map<String, Digest> held;
  private final boolean whole;
  private final Deque<String> heldNames;
  private final Deque<Update> page = new ArrayDeque<>();

  /** Workers of the page whose digest does not identify the version. */
  private Set<String> ambiguous = Set.of();

  /** The last name examined; null once all were read. */
  private String after;

  /**
   * Creates a snapshot.
   *
   * @param workers those to examine; empty for all
   * @param held worker to the digest of the bytes that the consumer holds
   * @param whole whether workers that the consumer holds are included
   * @param after the name after which it continues; empty for the start
   */
  Snapshot(
      UpdateLog log,
      long revision,
      Set<String> workers,
      Map<String, Digest> held,
      boolean whole,
      String after) {
    this.log = log;
    this.pages =
        workers.isEmpty()
            ? name -> log.snapshot(revision, PAGE, name)
            : named(log, revision, sortedAfter(workers, after));
    this.revision = revision;
    this.held = held;
    this.whole = whole;
    this.heldNames = new ArrayDeque<>(sortedAfter(held.keySet(), after));
    this.after = after;
  }

  private static List<String> sortedAfter(Set<String> names, String after) {
    return names.stream()
        .filter(name -> NameOrder.BYTES.compare(name, after) > 0)
        .sorted(NameOrder.BYTES)
        .toList();
  }

  /** Pages of given names. Repeating a call returns the same page. */
  private static Pages named(UpdateLog log, long revision, List<String> names) {
    return after -> {
      int from = 0;
      while (from < names.size() && NameOrder.BYTES.compare(names.get(from), after) <= 0) {
        from++;
      }
      int to = Math.min(names.size(), from + PAGE);
      return new Page<>(
          log.snapshot(revision, names.subList(from, to)).stream()
              .sorted(Comparator.comparing(Update::worker, NameOrder.BYTES))
              .toList(),
          to == names.size() ? null : names.get(to - 1));
    };
  }

  /**
   * Returns the next worker to send; null if there is none left.
   *
   * @throws dev.controlplane.catalog.CompactedException if the log no longer reaches back so far
   * @throws dev.controlplane.catalog.failures.CatalogException if it can't be read now; the call
   *     may be repeated
   */
  Update next() {
    while (true) {
      fill();
      Update state = page.peek();
      String name = heldNames.peek();
      int order =
          state == null
              ? (name == null ? 0 : 1)
              : name == null ? -1 : NameOrder.BYTES.compare(state.worker(), name);
      if (state == null && name == null) {
        return null;
      }
      if (order > 0) {
        return neverHeardOf(heldNames.remove());
      }
      page.remove();
      Digest has = order == 0 ? held.get(heldNames.remove()) : null;
      if (state.kind() == Update.Kind.DELETED
          ? has != null
          : whole || !state.digest().equals(has) || ambiguous.contains(state.worker())) {
        return state;
      }
    }
  }

  private void fill() {
    while (page.isEmpty() && after != null) {
      Page<Update> next = pages.after(after);
      // If this throws, nothing has changed yet, so the next call reads the same page.
      ambiguous = log.ambiguous(next.items().stream().filter(this::isHeld).toList());
      page.addAll(next.items());
      after = next.next();
    }
  }

  private boolean isHeld(Update state) {
    return state.kind() != Update.Kind.DELETED && state.digest().equals(held.get(state.worker()));
  }

  /** A deletion for a worker that the consumer holds and the log does not know. */
  private Update neverHeardOf(String worker) {
    return new Update(
        revision, Update.Kind.DELETED, worker, "", held.get(worker), 0, Instant.EPOCH, null, 0);
  }
}
