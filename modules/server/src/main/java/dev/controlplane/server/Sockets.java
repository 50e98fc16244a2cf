package dev.controlplane.server;

import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.JsonErrors;
import dev.controlplane.server.http.RequestBodies;
import dev.controlplane.server.settings.StartupException;
import dev.controlplane.transport.frames.Flood;
import dev.controlplane.transport.socket.Descriptors;
import dev.controlplane.transport.socket.Leaving;
import dev.controlplane.transport.socket.Listeners;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.service.registry.Services;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.util.List;
import java.util.Locale;

/**
 * The listening sockets of a server. Each has a limit on its connections, which leaves file
 * descriptors for the server's files. The process ends if a socket stops listening.
 */
final class Sockets {
  private static final String SETTING = "max-connections";

  private final ServerSetup setup;

  /** The limit of connections per socket; 0 until it was computed. */
  private int most;

  Sockets(ServerSetup setup) {
    this.setup = setup;
  }

  /**
   * Limits the connections of a server that was not started yet, and adds metrics for its sockets.
   *
   * @param name of its default socket in the metrics
   */
  WebServer guard(String name, WebServer server) {
    Listeners listeners = Listeners.guard(server, most(), this::gone);
    showLeaving();
    for (String socket : listeners.sockets()) {
      show(socket.equals(WebServer.DEFAULT_SOCKET_NAME) ? name : socket, socket, listeners);
    }
    return server;
  }

  /** Starts the socket that only serves profiles. */
  WebServer startPprof(WebServerConfig.Builder socket) {
    setup.speakHttp(socket, null);
    socket.directHandlers(JsonErrors.handlers());
    // These run behind the profiles feature: other paths are answered as on the other sockets.
    socket
        .routing()
        .ifPresent(
            routing ->
                routing
                    .addFeature(new RequestBodies())
                    .addFeature(SiteGuard.of(setup.settings()))
                    .addFilter(new Api(setup.log())));
    Listeners.count(socket);
    return guard("pprof", socket.build()).start();
  }

  private int most() {
    if (most == 0) {
      int pprof = setup.settings().optional("pprof-address").isPresent() ? 1 : 0;
      int sockets = setup.sockets().size() + pprof;
      most = most(Descriptors.ofProcess(), Math.max(1, sockets));
    }
    return most;
  }

  private int most(Descriptors descriptors, int sockets) {
    int configured = setup.settings().integer(SETTING, 0, 1_000_000);
    int possible = descriptors.mostConnections(sockets);
    if (configured > possible) {
      throw new StartupException(
          "MAX_CONNECTIONS is %d, but this process may open %d files, %d are open, and it has %d"
                  .formatted(configured, descriptors.most(), descriptors.open(), sockets)
              + " sockets; expected: at most %d, or raise the limit with ulimit -n"
                  .formatted(possible));
    }
    return configured > 0 ? configured : descriptors.defaultConnections(sockets);
  }

  private void gone(String socket, Throwable cause) {
    setup.log().error("listener-gone", "socket", socket, "reason", String.valueOf(cause));
    System.exit(1);
  }

  private static void showLeaving() {
    Services.get(MeterRegistry.class)
        .getOrCreate(
            FunctionalCounter.builder(
                    "controlplane.connections.left", Leaving.class, _ -> Leaving.count())
                .description("Connections that ended in the middle of a head or of a write"));
    for (Flood flood : Flood.values()) {
      Services.get(MeterRegistry.class)
          .getOrCreate(
              FunctionalCounter.builder("controlplane.connections.calmed", flood, Flood::ended)
                  .description("Connections that were ended for a flood of frames over HTTP/2")
                  .tags(List.of(Tag.create("reason", flood.name().toLowerCase(Locale.ROOT)))));
    }
  }

  private void show(String name, String socket, Listeners listeners) {
    setup
        .admission()
        .refusing(
            "connections_" + name,
            SETTING,
            listeners.most(),
            () -> listeners.open(socket),
            () -> listeners.refused(socket));
    MeterRegistry registry = Services.get(MeterRegistry.class);
    List<Tag> tags = List.of(Tag.create("socket", name));
    registry.getOrCreate(
        Gauge.builder("controlplane.connections", () -> listeners.open(socket))
            .description("Connections that are open")
            .tags(tags));
    registry.getOrCreate(
        Gauge.builder("controlplane.connections.max", listeners::most)
            .description("Connections that may be open: MAX_CONNECTIONS")
            .tags(tags));
    registry.getOrCreate(
        FunctionalCounter.builder(
                "controlplane.connections.refused", listeners, l -> l.refused(socket))
            .description("Connections closed at once because MAX_CONNECTIONS were open")
            .tags(tags));
    registry.getOrCreate(
        FunctionalCounter.builder("controlplane.accepts.failed", listeners, l -> l.failed(socket))
            .description("Times that accepting a connection failed")
            .tags(tags));
  }
}
