package dev.controlplane.consumer;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Version;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PageSize;
import dev.controlplane.server.http.PathVariables;
import dev.controlplane.server.http.VersionMetadata;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.function.Supplier;

/** Answers requests for metadata of versions. */
final class Listings {
  /** The versions of a worker, newest first. */
  record Versions(String filename, String latest, List<VersionMetadata> versions, String next) {}

  /** The latest version of each worker, by name. */
  record Files(List<VersionMetadata> files, String next) {}

  private final CatalogReader catalog;
  private final PageSize pageSize;

  Listings(CatalogReader catalog, PageSize pageSize) {
    this.catalog = catalog;
    this.pageSize = pageSize;
  }

  /** {@code GET /file/{filename}/info}. */
  void info(ServerRequest request, ServerResponse response, PathVariables path) {
    send(request, response, metadata(latest(path)));
  }

  /** {@code GET /file/{filename}/versions}. */
  void versions(ServerRequest request, ServerResponse response, PathVariables path) {
    int limit = pageSize.of(request.query());
    Version latest = latest(path);
    Page<Version> page = page(() -> catalog.versions(latest.worker(), limit, after(request)));
    send(
        request,
        response,
        new Versions(latest.worker(), latest.version(), metadata(page), page.next()));
  }

  /** {@code GET /files}. */
  void files(ServerRequest request, ServerResponse response, PathVariables path) {
    int limit = pageSize.of(request.query());
    Page<Version> page = page(() -> catalog.latestOfAll(limit, after(request)));
    send(request, response, new Files(metadata(page), page.next()));
  }

  private Version latest(PathVariables path) {
    String worker = Names.checked("filename", path.get("filename"));
    return catalog
        .latest(worker)
        .orElseThrow(() -> ApiException.notFound("there is no worker \"" + worker + "\""));
  }

  private static Page<Version> page(Supplier<Page<Version>> listing) {
    try {
      return listing.get();
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("invalid_after", e.getMessage());
    }
  }

  private static String after(ServerRequest request) {
    return request.query().first("after").filter(cursor -> !cursor.isEmpty()).orElse(null);
  }

  private static void send(ServerRequest request, ServerResponse response, Object answer) {
    response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    Json.send(request, response, answer);
  }

  private static List<VersionMetadata> metadata(Page<Version> page) {
    return page.items().stream().map(Listings::metadata).toList();
  }

  private static VersionMetadata metadata(Version version) {
    return new VersionMetadata(
        version.worker(),
        version.version(),
        version.digest().hex(),
        version.uploadedAt(),
        version.size());
  }
}
