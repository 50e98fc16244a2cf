package dev.controlplane.upload;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.Names;
import dev.controlplane.server.Bound;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PathVariables;
import dev.controlplane.server.http.Problem;
import dev.controlplane.server.http.RequestBody;
import dev.controlplane.upload.UploadMetrics.Result;
import dev.controlplane.upload.UploadServer.UploadLimits;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * Receives uploads. The body is streamed to the blob store and never held in memory as a whole. An
 * upload that does not become a version leaves nothing behind.
 */
final class Uploads {
  private final BlobStore blobs;
  private final Publisher publisher;
  private final UploadLimits limits;
  private final UploadMetrics metrics;
  private final EventLog log;
  private final Bound places;

  Uploads(
      BlobStore blobs,
      Publisher publisher,
      UploadLimits limits,
      Bound places,
      UploadMetrics metrics,
      EventLog log) {
    this.blobs = blobs;
    this.publisher = publisher;
    this.limits = limits;
    this.metrics = metrics;
    this.log = log;
    this.places = places;
  }

  /** {@code POST /upload}: multipart/form-data with filename, version and file, in any order. */
  void form(ServerRequest request, ServerResponse response) {
    receive(
        request,
        response,
        arrival -> {
          byte[] boundary = UploadForm.boundary(request.headers());
          arrival.body = RequestBody.of(request, limits.form());
          try (UploadForm form = UploadForm.read(arrival.body, boundary, limits, blobs)) {
            return publisher.publish(
                form.filename(), form.version(), form.file(), form.contentType());
          }
        });
  }

  /** {@code PUT /workers/{name}/versions/{version}}: the body is the file. */
  void raw(ServerRequest request, ServerResponse response, PathVariables path) {
    receive(
        request,
        response,
        arrival -> {
          String worker = Names.checked("name", path.get("name"));
          String version = Names.checked("version", path.get("version"));
          if (request.headers().contains(HeaderNames.CONTENT_RANGE)) {
            throw ApiException.badRequest(
                "partial_upload", "Content-Range is not for uploads; expected: the whole file");
          }
          arrival.body = RequestBody.of(request, limits.body());
          try (BlobStore.Upload upload = blobs.receive()) {
            arrival.body.copyTo(upload::write);
            return publisher.publish(worker, version, upload, contentType(request));
          }
        });
  }

  private static String contentType(ServerRequest request) {
    return request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
  }

  /** An upload in progress. */
  private static final class Arrival {
    private RequestBody body;

    long received() {
      return body == null ? 0 : body.received();
    }
  }

  @FunctionalInterface
  private interface Reception {
    Change publish(Arrival arrival);
  }

  private void receive(ServerRequest request, ServerResponse response, Reception reception) {
    if (!places.enter()) {
      throw ApiException.of(503, "too_many_uploads", places.refusal("try again later"))
          .with("Retry-After", "1");
    }
    try {
      receiveInPlace(request, response, reception);
    } finally {
      places.leave();
    }
  }

  private void receiveInPlace(ServerRequest request, ServerResponse response, Reception reception) {
    long start = System.nanoTime();
    Arrival arrival = new Arrival();
    Result result = Result.FAILED;
    Change change = null;
    UploadEvent event = UploadEvent.begun();
    try {
      change = reception.publish(arrival);
      result = change.changed() ? Result.CREATED : Result.UNCHANGED;
      logged(change, System.nanoTime() - start);
      Json.send(request, response, Answer.uploaded(change));
    } catch (RuntimeException e) {
      if (result == Result.FAILED && Problem.isClientsFault(e)) {
        result = Result.REJECTED;
        log.info(
            "upload-rejected",
            "path",
            request.prologue().uriPath().rawPath(),
            "received",
            arrival.received(),
            "reason",
            e.getMessage());
      }
      throw e;
    } finally {
      metrics.ended(result, arrival.received(), System.nanoTime() - start);
      event.ended(change, arrival.received(), result);
    }
  }

  private void logged(Change change, long nanos) {
    log.info(
        change.changed() ? "uploaded" : "uploaded-again",
        "worker",
        change.version().worker(),
        "version",
        change.version().version(),
        "revision",
        change.revision(),
        "digest",
        change.version().digest(),
        "size",
        change.version().size(),
        "ms",
        nanos / 1_000_000);
  }
}
