package dev.controlplane.grpc;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.grpc.http.ConsumersApi;
import dev.controlplane.grpc.http.Matrix;
import dev.controlplane.grpc.http.PushApi;
import dev.controlplane.grpc.http.UpdatesApi;
import dev.controlplane.grpc.http.WorkerMetrics;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.grpc.push.LogTail;
import dev.controlplane.grpc.push.PushMetrics;
import dev.controlplane.grpc.push.PushServices;
import dev.controlplane.grpc.push.PushSettings;
import dev.controlplane.grpc.push.SubscribeWorkerUpdates;
import dev.controlplane.grpc.push.Subscriptions;
import dev.controlplane.grpc.push.TailFigures;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.grpc.reports.ReportMetrics;
import dev.controlplane.grpc.reports.SentTimes;
import dev.controlplane.grpc.reports.StatusReports;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.server.Admission;
import dev.controlplane.server.ServerProcess;
import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.Vital;
import dev.controlplane.server.metrics.StorageMetrics;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.http2.InboundBytes;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.nio.file.Path;
import java.time.InstantSource;

/** Sets up grpc-server. */
final class GrpcServer implements ServerProcess.Program {
  private static final String SOCKET = "grpc";

  @Override
  public void configure(ServerSetup setup) {
    Settings settings = setup.settings();
    PushSettings push = PushSettings.from(settings);
    setup.http("http-port");
    setup.listen("grpc", SOCKET, "grpc-port");

    Path directory = settings.path("storage-path");
    setup.writes("consumers.db");
    Consumers consumers =
        setup.resource(
            () ->
                DataDirectory.awaitConsumers(
                    directory, e -> Vital.endProcess(setup.log(), "consumers-writer", e)));
    CatalogReader catalog = setup.resource(() -> DataDirectory.openReader(directory));
    BlobStore blobs = DataDirectory.openBlobs(directory);

    StorageMetrics.showTimes(Services.get(MeterRegistry.class), "consumers.db");
    PushMetrics metrics = new PushMetrics(Services.get(MeterRegistry.class));
    Subscriptions subscriptions =
        new Subscriptions(
            setup
                .admission()
                .bound("streams", "streams are open", "grpc-max-streams", push.maxStreams()));
    UpdateEncoder encoder =
        new UpdateEncoder(
            blobs, push.inlineLimit(), push.streams().compressResponses(), setup.log());
    UpdateLog.Limits limits =
        new UpdateLog.Limits(
            push.windowEntries(), push.windowBytes(), push.catchUpStreams(), push.snapshotBytes());
    LastSeen lastSeen =
        setup.resource(
            () ->
                new LastSeen(consumers, InstantSource.system(), push.lastSeenWrite(), setup.log()));
    LogTail tail =
        setup.resource(
            () ->
                new LogTail(
                    catalog,
                    found -> new UpdateLog(catalog, encoder, limits, found),
                    subscriptions,
                    metrics,
                    push.pollInterval(),
                    setup.log()));
    metrics.show(subscriptions, tail);
    showBounds(setup.admission(), push, encoder, new TailFigures(tail));
    setup.show(push.streams().frames());

    SentTimes sentTimes = new SentTimes();
    StatusReports reports =
        new StatusReports(
            catalog,
            consumers,
            lastSeen,
            sentTimes,
            subscriptions::rejected,
            new ReportMetrics(Services.get(MeterRegistry.class)),
            InstantSource.system(),
            setup.log());
    SubscribeWorkerUpdates updates =
        new SubscribeWorkerUpdates(
            subscriptions,
            tail,
            new PushServices(push, consumers, lastSeen, sentTimes, metrics, setup.log()));
    ControlPlaneService service =
        new ControlPlaneService(
            updates, reports, consumers, metrics, InstantSource.system(), setup.log());
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus(ControlPlaneGrpc.SERVICE_NAME, ServingStatus.SERVING);
    setup
        .webServer()
        .putSocket(
            SOCKET,
            listener -> {
              listener.address(setup.bindAddress()).port(settings.port("grpc-port"));
              InboundBytes inbound =
                  GrpcStreams.configure(
                      listener,
                      push.streams(),
                      Reflection.routing(service, health.getHealthService()),
                      setup.admission().streams("calls", "grpc-max-calls", push.maxCalls()));
              metrics.show(inbound);
              setup
                  .admission()
                  .refusing(
                      "inbound_bytes",
                      "inbound-bytes",
                      push.streams().inbound(),
                      inbound::held,
                      inbound::refusedForAll);
              setup
                  .admission()
                  .refusingEach(
                      "inbound_bytes_per_connection",
                      "inbound-bytes-per-connection",
                      push.streams().inboundOfConnection(),
                      inbound::refusedOfConnection);
            });

    setup.api().needs(catalog::log);
    new PushApi(tail, metrics).addTo(setup.api());
    Matrix matrix = new Matrix(catalog, consumers, subscriptions, InstantSource.system());
    new ConsumersApi(matrix, subscriptions, consumers, lastSeen, push.pageSize())
        .addTo(setup.api());
    int shown = settings.integer("metrics-workers", 0, WorkerMetrics.MOST);
    if (shown > 0) {
      WorkerMetrics.start(matrix, consumers, shown, Services.get(MeterRegistry.class), setup);
    }
    if (!push.consumerRetention().isZero()) {
      new ConsumerRetention(
              consumers,
              subscriptions,
              lastSeen,
              push.consumerRetention(),
              Services.get(MeterRegistry.class),
              InstantSource.system(),
              setup.log())
          .start(setup);
    }
    new UpdatesApi(catalog, push.pageSize()).addTo(setup.api());
    // No watch is needed: the tail logs when the catalog becomes unavailable and available again.
    setup.check("catalog", catalog::check);
    setup.check("blobs", blobs::checkReadable);
    setup.check("consumers", consumers::check);
    setup.check("log-tail", tail::check);
    setup.check("last-seen", lastSeen::check);
    setup.onDrain(health::enterTerminalState);
    setup.onDrain(() -> updates.stop(push.drainLimit()));
  }

  /** Registers the limits of the log in memory. */
  private static void showBounds(
      Admission admission, PushSettings push, UpdateEncoder encoder, TailFigures tail) {
    // Counted as a refusal: a message for which there is no room is sent without its code.
    admission.refusing(
        "snapshot_bytes",
        "snapshot-bytes",
        push.snapshotBytes(),
        tail::snapshotBytes,
        encoder::withoutCode);
    admission.waiting(
        "catch_up_streams", "catch-up-streams", push.catchUpStreams(), tail::catchingUp);
  }
}
