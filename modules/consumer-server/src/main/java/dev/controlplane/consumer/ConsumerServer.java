package dev.controlplane.consumer;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.server.Bound;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.http.PageSize;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.http2.StreamBound;
import dev.controlplane.transport.http2.connection.HttpStreams;
import dev.controlplane.transport.socket.Descriptors;
import io.helidon.http.Method;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;

/** Sets up the consumer-server. */
final class ConsumerServer {
  private static final String MAX_DOWNLOADS = "max-downloads";
  private static final String MAX_REQUESTS = "max-http2-requests";

  /** The most downloads by default. With more file descriptors than this, memory is the limit. */
  private static final int DEFAULT_DOWNLOADS = 2048;

  private ConsumerServer() {}

  static void configure(ServerSetup setup) {
    Settings settings = setup.settings();
    FrameLimits frames = ServerSetup.frameLimits(settings);
    int most = settings.integer(MAX_REQUESTS, 1, 1_000_000);
    StreamBound requests = setup.admission().streams("http2_requests", MAX_REQUESTS, most);
    setup.http(
        "consumer-port",
        HttpStreams.selector(setup.writeTimeout(), setup.headTimeout(), frames, requests));
    setup.show(frames);
    Path directory = settings.path("storage-path");
    CatalogReader catalog = setup.resource(() -> DataDirectory.openReader(directory));
    BlobStore blobs = DataDirectory.openBlobs(directory);
    setup.watch("catalog", catalog::check);
    setup.check("blobs", blobs::checkReadable);

    DownloadMetrics metrics = new DownloadMetrics(Services.get(MeterRegistry.class), catalog);
    Downloads downloads = new Downloads(catalog, blobs, places(setup), metrics);
    int maxPage = settings.integer("max-page-size", 1, 100_000);
    Listings listings =
        new Listings(catalog, new PageSize(settings.integer("page-size", 1, maxPage), maxPage));

    setup
        .api()
        .needs(catalog::log)
        .on(Method.GET, "/file/{filename}", downloads::latest)
        .on(Method.GET, "/file/{filename}/version/{version}", downloads::version)
        .on(Method.GET, "/file/{filename}/info", listings::info)
        .on(Method.GET, "/file/{filename}/versions", listings::versions)
        .on(Method.GET, "/files", listings::files);
    setup.webServer().writeBufferSize(Downloads.BUFFER_SIZE);
  }

  /** How many downloads may run at once. Each has a file open. */
  private static Bound places(ServerSetup setup) {
    int configured = setup.settings().integer(MAX_DOWNLOADS, 0, 1_000_000);
    int most =
        configured > 0
            ? configured
            : Math.min(DEFAULT_DOWNLOADS, Descriptors.ofProcess().defaultConnections(1));
    return setup.admission().bound("downloads", "downloads are running", MAX_DOWNLOADS, most);
  }
}
