package dev.controlplane.upload;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.Names;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.BodyLimits;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PathVariables;
import dev.controlplane.server.http.RequestBody;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Handles rollbacks and deletions. */
final class LatestAndDelete {
  private final Catalog catalog;
  private final Announcer announcer;
  private final BodyLimits limits;
  private final EventLog log;

  LatestAndDelete(Catalog catalog, Announcer announcer, BodyLimits limits, EventLog log) {
    this.catalog = catalog;
    this.announcer = announcer;
    this.limits = limits;
    this.log = log;
  }

  /** {@code PUT /workers/{name}/latest} with {@code {"version":"…"}}. */
  void moveLatest(ServerRequest request, ServerResponse response, PathVariables path) {
    String worker = Names.checked("name", path.get("name"));
    JsonNode version = RequestBody.json(request, limits).path("version");
    if (!version.isTextual()) {
      throw ApiException.badRequest(
          "invalid_field",
          (version.isMissingNode() ? "version is missing" : "version is not a string")
              + "; expected: {\"version\":\"<name of a version>\"}");
    }
    Change change = catalog.moveLatest(worker, Names.checked("version", version.textValue()));
    logged("latest-moved", change);
    Json.send(request, response, Answer.movedLatest(change));
  }

  /** {@code DELETE /workers/{name}/versions/{version}}. */
  void delete(ServerRequest request, ServerResponse response, PathVariables path) {
    Change change =
        catalog.delete(
            Names.checked("name", path.get("name")), Names.checked("version", path.get("version")));
    logged("deleted", change);
    Json.send(request, response, Answer.deleted(change));
  }

  private void logged(String event, Change change) {
    if (change.changed()) {
      announcer.announce(change.revision());
    }
    log.info(
        event,
        "worker",
        change.version().worker(),
        "version",
        change.version().version(),
        "revision",
        change.revision(),
        "changed",
        change.changed());
  }
}
