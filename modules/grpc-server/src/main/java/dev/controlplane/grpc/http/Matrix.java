package dev.controlplane.grpc.http;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.push.NameOrder;
import dev.controlplane.grpc.push.Subscriptions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Which consumer runs which version: a row for each consumer and each worker that it last
 * subscribed to or has reported about. All rows of a page show the same revision of the catalog.
 * Thread-safe.
 */
public final class Matrix {
  /** The most rows examined for one page. If a filter matches few rows, a page may be short. */
  static final int MAX_EXAMINED = 20_000;

  private static final int CHUNK = 500;

  private final CatalogReader catalog;
  private final Consumers consumers;
  private final Subscriptions subscriptions;
  private final InstantSource clock;

  public Matrix(
      CatalogReader catalog,
      Consumers consumers,
      Subscriptions subscriptions,
      InstantSource clock) {
    this.catalog = catalog;
    this.consumers = consumers;
    this.subscriptions = subscriptions;
    this.clock = clock;
  }

  /**
   * The request for a page.
   *
   * @param filter the wanted rows
   * @param limit the most rows on the page
   * @param after where the previous page ended; null for the first page
   */
  record Query(Predicate<MatrixRow> filter, int limit, MatrixPlace after) {
    String worker() {
      return after == null ? "" : after.worker();
    }
  }

  /** All rows, by consumer and worker. */
  Page<MatrixRow> all(Query query) {
    return retried(desired -> all(query, new Search(query, desired)));
  }

  private Page<MatrixRow> all(Query query, Search search) {
    String id = "";
    if (query.after() != null) {
      id = query.after().consumer();
      Consumer begun = consumers.find(id).orElse(null);
      if (begun != null && !addAll(begun, query.worker(), search)) {
        return search.page();
      }
    }
    while (true) {
      List<Consumer> some = consumers.following(id, CHUNK);
      for (Consumer consumer : some) {
        id = consumer.id();
        if (!search.looked(new MatrixPlace(id, "")) || !addAll(consumer, "", search)) {
          return search.page();
        }
      }
      if (some.size() < CHUNK) {
        return search.end();
      }
    }
  }

  /** The rows of a consumer, by worker. */
  Page<MatrixRow> of(Consumer consumer, Query query) {
    return retried(
        desired -> {
          Search search = new Search(query, desired);
          return addAll(consumer, query.worker(), search) ? search.end() : search.page();
        });
  }

  /** Adds a consumer's rows. Returns false once the page is complete. */
  private boolean addAll(Consumer consumer, String after, Search search) {
    boolean wantsAll = consumers.wantsAll(consumer.id());
    String worker = after;
    while (true) {
      List<Standing> some = consumers.standings(consumer.id(), CHUNK, worker);
      if (wantsAll) {
        TreeMap<String, Standing> both = new TreeMap<>(NameOrder.BYTES);
        for (String name : search.desired.following(worker, CHUNK)) {
          both.put(name, Standing.untold(consumer, name));
        }
        some.forEach(standing -> both.put(standing.worker(), standing));
        some = both.values().stream().limit(CHUNK).toList();
      }
      if (!search.add(some)) {
        return false;
      }
      if (some.size() < CHUNK) {
        return true;
      }
      worker = some.getLast().worker();
    }
  }

  /** A worker and its rows. */
  record OfWorker(Update latest, Page<MatrixRow> page) {}

  /** The rows of a worker, by consumer; null if the worker never existed. */
  OfWorker with(String worker, Query query) {
    return retried(
        desired -> {
          desired.read(List.of(worker));
          Update latest = desired.of(worker);
          return latest == null
              ? null
              : new OfWorker(latest, with(worker, query, new Search(query, desired)));
        });
  }

  private Page<MatrixRow> with(String worker, Query query, Search search) {
    String id = query.after() == null ? "" : query.after().consumer();
    while (true) {
      List<Standing> some = consumers.standingsWith(worker, CHUNK, id);
      if (!search.add(some)) {
        return search.page();
      }
      if (some.size() < CHUNK) {
        return search.end();
      }
      id = some.getLast().consumer().id();
    }
  }

  /** Repeats a read if compaction removed its revision meanwhile. */
  private <T> T retried(Function<DesiredVersions, T> reading) {
    for (int attempt = 1; ; attempt++) {
      try {
        return reading.apply(new DesiredVersions(catalog));
      } catch (CompactedException e) {
        if (attempt == 3) {
          throw e;
        }
      }
    }
  }

  /**
   * Collects the rows of a page. It collects one row more than the page's limit, to know whether
   * there is another page.
   */
  private final class Search {
    private final DesiredVersions desired;
    private final Query query;
    private final List<MatrixRow> found = new ArrayList<>();
    private MatrixPlace place;
    private int examined;

    Search(Query query, DesiredVersions desired) {
      this.query = query;
      this.desired = desired;
      this.place = query.after();
    }

    /** Examines rows. Returns false once the page is complete. */
    boolean add(List<Standing> some) {
      desired.read(some.stream().map(Standing::worker).distinct().toList());
      List<WorkerLag> lags = some.stream().map(this::lag).toList();
      desired.count(lags.stream().flatMap(lag -> lag.span().stream()).toList());
      for (int i = 0; i < some.size(); i++) {
        Standing standing = some.get(i);
        WorkerLag lag = lags.get(i);
        MatrixRow row = MatrixRow.of(standing, lag, desired.counted(lag), clock.instant());
        if (query.filter().test(row)) {
          found.add(row);
          if (found.size() > query.limit()) {
            return false;
          }
        }
        if (!looked(new MatrixPlace(standing.consumer().id(), standing.worker()))) {
          return false;
        }
      }
      return true;
    }

    private WorkerLag lag(Standing standing) {
      Consumer consumer = standing.consumer();
      return WorkerLag.of(
          standing,
          desired.of(standing.worker()),
          subscriptions.delivered(consumer.id(), standing.worker()).orElse(consumer.lastRevision()),
          desired.compacted());
    }

    /** Notes how far it looked; false if that is far enough. */
    boolean looked(MatrixPlace at) {
      place = at;
      return ++examined < MAX_EXAMINED;
    }

    /** The collected page, which is followed by another. */
    Page<MatrixRow> page() {
      if (found.size() <= query.limit()) {
        return new Page<>(found, place.text());
      }
      List<MatrixRow> rows = found.subList(0, query.limit());
      MatrixRow last = rows.getLast();
      return new Page<>(rows, new MatrixPlace(last.consumerId(), last.workerName()).text());
    }

    /** The collected page, which is the last. */
    Page<MatrixRow> end() {
      return new Page<>(found, null);
    }
  }
}
