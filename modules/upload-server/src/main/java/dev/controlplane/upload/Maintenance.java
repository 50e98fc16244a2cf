package dev.controlplane.upload;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.catalog.CatalogBlobs.Collected;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Digest;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.BodyLimits;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PathVariables;
import dev.controlplane.server.http.RequestBody;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;

/** Handles maintenance requests of the operator: collecting blobs and compacting the log. */
final class Maintenance {
  private static final String DRY_RUN = "dry_run";

  private final CatalogReader catalog;
  private final Retention retention;
  private final BlobGarbage garbage;
  private final BodyLimits limits;

  Maintenance(CatalogReader catalog, Retention retention, BlobGarbage garbage, BodyLimits limits) {
    this.catalog = catalog;
    this.retention = retention;
    this.garbage = garbage;
    this.limits = limits;
  }

  private record Gone(
      boolean dryRun, long examined, long removed, long bytes, List<String> digests) {}

  /** {@code POST /maintenance/gc}, with an empty body or {@code {"dry_run":true}}. */
  void collect(ServerRequest request, ServerResponse response, PathVariables path) {
    boolean dryRun = dryRun(RequestBody.of(request, limits).readAllBytes());
    Collected collected = garbage.collectNow(dryRun);
    Json.send(
        request,
        response,
        new Gone(
            dryRun,
            collected.examined(),
            collected.removed(),
            collected.bytes(),
            collected.digests().stream().map(Digest::toString).toList()));
  }

  /** Parses the body. An unknown field is rejected, because it may be a misspelled dry_run. */
  private static boolean dryRun(byte[] body) {
    if (body.length == 0) {
      return false;
    }
    JsonNode fields = Json.object(body);
    JsonNode dryRun = fields.path(DRY_RUN);
    if (fields.size() > (dryRun.isMissingNode() ? 0 : 1)
        || !(dryRun.isMissingNode() || dryRun.isBoolean())) {
      throw ApiException.badRequest(
          "invalid_field", "expected: nothing, or {\"dry_run\":true} or false, and no other field");
    }
    return dryRun.asBoolean(false);
  }

  private record Compacted(long removed, long compacted, long head) {}

  /** {@code POST /maintenance/compact} with {@code {"revision":N}}. */
  void compact(ServerRequest request, ServerResponse response, PathVariables path) {
    JsonNode revision = RequestBody.json(request, limits).path("revision");
    if (!revision.isIntegralNumber() || !revision.canConvertToLong() || revision.asLong() < 1) {
      throw ApiException.badRequest(
          "invalid_field",
          "revision is %s; expected: a whole number from 1"
              .formatted(revision.isMissingNode() ? "missing" : revision));
    }
    long head = catalog.head();
    if (revision.asLong() > head) {
      throw ApiException.badRequest(
          "invalid_field",
          "revision is %s; expected: at most %d, that of the newest update"
              .formatted(revision, head));
    }
    Retention.Cut cut = retention.cut(revision.asLong());
    Json.send(
        request, response, new Compacted(cut.removed(), cut.log().compacted(), cut.log().head()));
  }
}
