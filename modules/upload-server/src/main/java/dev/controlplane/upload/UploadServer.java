package dev.controlplane.upload;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.server.ApiException;
import dev.controlplane.server.BodyLimits;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Settings;
import io.helidon.http.Method;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;
import java.time.Duration;

/** What the upload-server is made of. */
final class UploadServer {
  private UploadServer() {}

  static void configure(ServerSetup setup) {
    Settings settings = setup.settings();
    setup.http("upload-port");
    Path directory = settings.path("storage-path");
    Catalog catalog = setup.resource(() -> DataDirectory.openCatalog(directory));
    BlobStore blobs = DataDirectory.openBlobs(directory, catalog);
    setup.check("catalog", catalog::check);
    setup.check("blobs", blobs::check);

    UploadMetrics metrics = new UploadMetrics(Services.get(MeterRegistry.class), catalog);
    Announcer announcer =
        setup.resource(() -> Announcer.start(settings, setup.log(), metrics::announceFailed));
    UploadLimits limits = UploadLimits.of(settings);
    Uploads uploads =
        new Uploads(blobs, new Publisher(catalog, announcer), limits, metrics, setup.log());
    LatestAndDelete changes =
        new LatestAndDelete(
            catalog,
            announcer,
            limits.body().withMaxBytes(settings.number("max-json-bytes", 1, 1 << 24)),
            setup.log());

    setup
        .api()
        .translate(new StoreErrors(setup.log()))
        .on(Method.POST, "/upload", (request, response, path) -> uploads.form(request, response))
        .on(Method.PUT, "/workers/{name}/versions/{version}", uploads::raw)
        .on(Method.DELETE, "/workers/{name}/versions/{version}", changes::delete)
        .on(Method.PUT, "/workers/{name}/latest", changes::moveLatest);
  }

  /** Limits of one upload. */
  record UploadLimits(
      BodyLimits body, long maxFileBytes, int maxFieldBytes, int maxParts, int maxPartHeaderBytes) {
    /** What a form may add to its file: the other parts, boundaries, and some slack. */
    private static final long FORM_OVERHEAD = 1 << 20;

    static UploadLimits of(Settings settings) {
      long maxFileBytes = settings.number("max-upload-bytes", 0, Long.MAX_VALUE / 2);
      return new UploadLimits(
          new BodyLimits(
              maxFileBytes,
              settings.duration("upload-idle-timeout", Duration.ofMillis(100), Duration.ofHours(1)),
              settings.number("upload-min-bytes-per-second", 0, Integer.MAX_VALUE)),
          maxFileBytes,
          settings.integer("upload-max-field-bytes", 255, 1 << 16),
          settings.integer("upload-max-parts", 3, 1000),
          settings.integer("upload-max-part-header-bytes", 256, 1 << 16));
    }

    ApiException tooLarge() {
      return ApiException.of(
          413, "too_large", "file is too large; expected: at most " + maxFileBytes + " bytes");
    }

    /** Limits of a body that is a form with a file in it. */
    BodyLimits form() {
      return body.withMaxBytes(maxFileBytes + FORM_OVERHEAD);
    }
  }
}
