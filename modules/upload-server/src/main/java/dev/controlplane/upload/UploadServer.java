package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.CatalogBlobs;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.server.Bound;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.BodyLimits;
import dev.controlplane.server.metrics.StorageMetrics;
import dev.controlplane.server.settings.Settings;
import io.helidon.http.Method;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/** Sets up the upload-server. */
final class UploadServer {
  private static final Duration MAX_AGE = Duration.ofDays(36_500);

  private UploadServer() {}

  static void configure(ServerSetup setup) {
    Settings settings = setup.settings();
    setup.http("upload-port");
    Path directory = settings.path("storage-path");
    setup.writes("catalog.db");
    Catalog catalog =
        setup.resource(
            () ->
                DataDirectory.openCatalog(
                    directory, e -> Vital.endProcess(setup.log(), "catalog-writer", e)));
    CatalogBlobs blobs = DataDirectory.openBlobs(directory, catalog);
    setup.watch("catalog", catalog::check);
    setup.check("blobs", blobs::check);

    UploadLimits limits = UploadLimits.of(settings);
    Bound places =
        setup
            .admission()
            .bound("uploads", "uploads are on their way", "max-uploads", limits.maxUploads());
    StorageMetrics.showTimes(Services.get(MeterRegistry.class), "catalog.db");
    UploadMetrics metrics = new UploadMetrics(Services.get(MeterRegistry.class), catalog, places);
    Announcer announcer =
        setup.resource(() -> Announcer.start(settings, setup.log(), metrics::announceFailed));
    Uploads uploads =
        new Uploads(blobs, new Publisher(catalog, announcer), limits, places, metrics, setup.log());
    BodyLimits json = limits.body().withMaxBytes(settings.number("max-json-bytes", 1, 1 << 24));
    VersionChanges changes = new VersionChanges(catalog, announcer, json, setup.log());
    Maintenance maintenance = maintenance(setup, catalog, blobs, json);

    setup
        .api()
        .needs(catalog::log)
        .on(Method.POST, "/upload", (request, response, path) -> uploads.form(request, response))
        .on(Method.PUT, "/workers/{name}/versions/{version}", uploads::raw)
        .on(Method.DELETE, "/workers/{name}/versions/{version}", changes::delete)
        .on(Method.POST, "/workers/{name}/versions/{version}/retry", changes::retry)
        .on(Method.PUT, "/workers/{name}/latest", changes::moveLatest)
        .on(Method.POST, "/maintenance/gc", maintenance::collect)
        .on(Method.POST, "/maintenance/compact", maintenance::compact);
  }

  /** Sets up retention and blob collection: their threads and the requests that trigger them. */
  private static Maintenance maintenance(
      ServerSetup setup, Catalog catalog, CatalogBlobs blobs, BodyLimits json) {
    Settings settings = setup.settings();
    MaintenanceMetrics metrics = new MaintenanceMetrics(Services.get(MeterRegistry.class), catalog);
    Retention retention =
        new Retention(
            catalog,
            new Retention.Limits(
                settings.duration("log-retention-age", Duration.ZERO, MAX_AGE),
                settings.number("log-retention-count", 0, Long.MAX_VALUE)),
            metrics,
            InstantSource.system(),
            setup.log());
    BlobGarbage garbage =
        new BlobGarbage(
            blobs,
            settings.duration("blob-gc-age", Duration.ZERO, MAX_AGE),
            metrics,
            InstantSource.system(),
            setup.log());
    Duration retaining =
        settings.duration("retention-interval", Duration.ofMillis(1), Duration.ofDays(1));
    Repeated.start(setup, "log-retention", retaining, retention::enforce);
    Duration collecting =
        settings.duration("blob-gc-interval", Duration.ZERO, Duration.ofDays(365));
    if (!collecting.isZero()) {
      Repeated.start(setup, "blob-gc", collecting, garbage::collect);
    }
    return new Maintenance(catalog, retention, garbage, json);
  }

  /** The limits of uploads: how many at the same time, and the size of each. */
  record UploadLimits(
      int maxUploads,
      BodyLimits body,
      long maxFileBytes,
      int maxFieldBytes,
      int maxParts,
      int maxPartHeaderBytes) {
    /**
     * How many bytes a form may have in addition to its file: the other parts, boundaries and some
     * slack.
     */
    private static final long FORM_OVERHEAD = 1 << 20;

    static UploadLimits of(Settings settings) {
      long maxFileBytes = settings.number("max-upload-bytes", 0, Long.MAX_VALUE / 2);
      return new UploadLimits(
          settings.integer("max-uploads", 1, 1 << 20),
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

    /** The limits of a body that is a form with a file. */
    BodyLimits form() {
      return body.withMaxBytes(maxFileBytes + FORM_OVERHEAD);
    }
  }
}
