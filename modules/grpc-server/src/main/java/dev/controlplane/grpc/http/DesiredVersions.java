package dev.controlplane.grpc.http;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CatalogReader.Span;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.push.NameOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The states of workers at one revision, read on demand and at most once each. For one answer; not
 * thread-safe.
 */
final class DesiredVersions {
  /** A consumer that lacks more updates of a worker than this is shown to lack so many. */
  static final int MAX_COUNTED = 1000;

  private final CatalogReader catalog;
  private final LogState log;
  private final Map<String, Update> known = new HashMap<>();
  private final Map<Span, Integer> counts = new HashMap<>();

  /** The names of workers with a latest version that were read so far, in order. */
  private final List<String> names = new ArrayList<>();

  /** The name after which reading continues; null at the end. */
  private String after = "";

  DesiredVersions(CatalogReader catalog) {
    this.catalog = catalog;
    this.log = catalog.log();
  }

  /** The updates up to this revision were compacted away, except those that are still needed. */
  long compacted() {
    return log.compacted();
  }

  /** Reads the states of these workers, for {@link #of}. */
  void read(Collection<String> workers) {
    List<String> missing = workers.stream().filter(worker -> !known.containsKey(worker)).toList();
    if (!missing.isEmpty()) {
      missing.forEach(worker -> known.put(worker, null));
      catalog.snapshot(log.head(), missing).forEach(update -> known.put(update.worker(), update));
    }
  }

  /** Returns the state of a worker that was read; null if the worker never existed. */
  Update of(String worker) {
    return known.get(worker);
  }

  /** Counts how many updates are in spans, for {@link #counted}. */
  void count(Collection<Span> spans) {
    List<Span> missing =
        spans.stream().filter(span -> !counts.containsKey(span)).distinct().toList();
    List<Integer> found = catalog.counts(missing, MAX_COUNTED);
    for (int i = 0; i < missing.size(); i++) {
      counts.put(missing.get(i), found.get(i));
    }
  }

  /** How many updates a consumer lacks; 0 if it lacks none. */
  int counted(WorkerLag lag) {
    // Compaction may have removed them, and a consumer may report an update of another version.
    return lag.span().map(span -> Math.max(1, counts.get(span))).orElse(0);
  }

  /** Workers that have a latest version, at most so many, those after this one; read, too. */
  List<String> following(String worker, int limit) {
    int from = firstAfter(worker);
    while (names.size() - from < limit && after != null) {
      Page<Update> page = catalog.snapshot(log.head(), limit, after);
      for (Update update : page.items()) {
        known.put(update.worker(), update);
        if (update.latest() != null) {
          names.add(update.worker());
        }
      }
      after = page.next();
      from = firstAfter(worker);
    }
    return names.subList(from, Math.min(names.size(), from + limit));
  }

  /** The index of the first name after this one. */
  private int firstAfter(String worker) {
    int low = 0;
    int high = names.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (NameOrder.BYTES.compare(names.get(middle), worker) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
