package dev.controlplane.grpc.http;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Update;
import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PageSize;
import dev.controlplane.server.http.PathVariables;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The HTTP route that lists the update log, for people and for clients without streams. */
public final class UpdatesApi {
  /**
   * The most updates examined for one page. If few of them are of the worker, a page may be short.
   */
  static final int MAX_EXAMINED = 20_000;

  private static final int CHUNK = 1000;

  private final CatalogReader catalog;
  private final PageSize pageSize;

  public UpdatesApi(CatalogReader catalog, PageSize pageSize) {
    this.catalog = catalog;
    this.pageSize = pageSize;
  }

  public void addTo(Api api) {
    api.on(Method.GET, "/updates", this::updates);
  }

  private record Entry(
      long revision,
      String kind,
      String workerName,
      String version,
      String checksum,
      long size,
      Instant timestamp,
      String latest,
      String consumerId) {}

  private record Listing(List<Entry> updates, String next, long head, long compacted) {}

  private void updates(ServerRequest request, ServerResponse response, PathVariables path) {
    int limit = pageSize.of(request.query());
    String worker = request.query().first("worker").orElse("");
    String wanted = worker.isEmpty() ? "" : Names.checked("worker", worker);
    LogState log = catalog.log();
    long at = after(request, log);
    List<Entry> found = new ArrayList<>();
    int examined = 0;
    while (at < log.head() && found.size() < limit && examined < MAX_EXAMINED) {
      int chunk = wanted.isEmpty() ? limit - found.size() : CHUNK;
      List<Update> some = catalog.updates(at, Math.min(CHUNK, chunk));
      if (some.isEmpty()) {
        break; // the log was replaced meanwhile
      }
      for (Update update : some) {
        at = update.revision();
        examined++;
        if (wanted.isEmpty() || update.worker().equals(wanted)) {
          found.add(entry(update));
          if (found.size() == limit) {
            break;
          }
        }
      }
    }
    Json.send(
        request,
        response,
        new Listing(
            found, at < log.head() ? String.valueOf(at) : null, log.head(), log.compacted()));
  }

  /** Returns the revision to start after; without the parameter, the start of the available log. */
  private static long after(ServerRequest request, LogState log) {
    String text = request.query().first("after").orElse("");
    if (text.isEmpty()) {
      return log.compacted();
    }
    try {
      long after = Long.parseLong(text);
      if (after >= 0) {
        return after;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a negative number.
    }
    throw ApiException.badRequest(
        "invalid_after", "after is \"%s\"; expected: a revision, or 0".formatted(text));
  }

  private static Entry entry(Update update) {
    return new Entry(
        update.revision(),
        update.retry() == null ? update.kind().name().toLowerCase(Locale.ROOT) : "retried",
        update.worker(),
        update.version(),
        update.digest().hex(),
        update.size(),
        update.committedAt(),
        update.latest(),
        update.retry() == null || update.retry().consumer().isEmpty()
            ? null
            : update.retry().consumer());
  }
}
