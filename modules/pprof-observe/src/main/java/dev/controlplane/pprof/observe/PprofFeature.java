package dev.controlplane.pprof.observe;

import io.helidon.common.Weighted;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.spi.ServerFeature;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.function.Function;

/**
 * A Helidon feature that serves {@code /debug/pprof/}, on the web server's default socket or on a
 * socket of its own.
 *
 * <p>If this module is on the class path and Helidon's feature discovery is on, it needs no code.
 * {@code server.features.pprof} configures it; see {@link PprofFeatureProvider}.
 *
 * <p>Go ignores malformed parts of a query. Helidon rejects them with 400 before this feature sees
 * the request, unless {@code Http1Config.validatePrologue} is off.
 */
public final class PprofFeature implements ServerFeature, Weighted {
  static final String TYPE = "pprof";

  /** Higher than the user's routes (100), which might match any path; lower than access checks. */
  private static final double WEIGHT = 110;

  private final String name;
  private final PprofSettings settings;
  private final PprofFilter filter;
  private final Function<WebServerConfig.Builder, WebServer> starter;
  private volatile WebServer own;

  private PprofFeature(
      String name, PprofSettings settings, Function<WebServerConfig.Builder, WebServer> starter) {
    this.name = name;
    this.settings = settings;
    this.starter = starter;
    this.filter = new PprofFilter(settings);
  }

  /**
   * Creates a feature with these settings.
   *
   * @throws IllegalStateException if the address of its own socket is in use
   */
  public static PprofFeature create(PprofSettings settings) {
    return create(TYPE, settings);
  }

  /**
   * Creates a feature with these settings, whose own socket gets its limits from the caller.
   *
   * @param starter completes and starts the server of the own socket, if there is one
   * @throws IllegalStateException if the address of its own socket is in use
   */
  public static PprofFeature create(
      PprofSettings settings, Function<WebServerConfig.Builder, WebServer> starter) {
    return create(TYPE, settings, starter);
  }

  static PprofFeature create(String name, PprofSettings settings) {
    return create(name, settings, builder -> builder.build().start());
  }

  private static PprofFeature create(
      String name, PprofSettings settings, Function<WebServerConfig.Builder, WebServer> starter) {
    if (settings.access() != Access.OFF) {
      settings.socket().ifPresent(PprofFeature::requireFree);
    }
    return new PprofFeature(name, settings, starter);
  }

  /** The address of the own socket, if there is one and it is open. */
  public Optional<InetSocketAddress> ownSocket() {
    WebServer server = own;
    return server == null
        ? Optional.empty()
        : settings
            .socket()
            .map(configured -> new InetSocketAddress(configured.getAddress(), server.port()));
  }

  /**
   * How many profiles are being taken or read by their clients now, at most {@link
   * PprofSettings#maxRequests}.
   */
  public int openRequests() {
    return filter.goroutine().open();
  }

  /**
   * How many delta requests (with {@code seconds}) wait for their second profile now, at most
   * {@link PprofSettings#maxRequests}.
   */
  public int waitingDeltas() {
    return filter.goroutine().deltas();
  }

  /** How many requests were answered 503 because there were too many. */
  public long refusedRequests() {
    return filter.goroutine().refused();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public double weight() {
    return WEIGHT;
  }

  @Override
  public void setup(ServerFeatureContext context) {
    if (settings.access() == Access.OFF) {
      return;
    }
    HttpRouting.Builder routing = context.socket(WebServer.DEFAULT_SOCKET_NAME).httpRouting();
    settings
        .socket()
        .ifPresentOrElse(
            address -> routing.addFeature(new OwnSocket(address)), () -> routing.addFilter(filter));
  }

  /** A second server that starts and stops together with the main server. */
  private final class OwnSocket implements HttpFeature {
    private final InetSocketAddress address;

    private OwnSocket(InetSocketAddress address) {
      this.address = address;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
      // No routes on the main server's sockets.
    }

    @Override
    public void afterStart(WebServer server) {
      own =
          starter.apply(
              WebServerConfig.builder()
                  .address(address.getAddress())
                  .port(address.getPort())
                  .shutdownHook(false)
                  .featuresDiscoverServices(false)
                  .routing(HttpRouting.builder().addFilter(filter)));
      if (!own.isRunning()) {
        throw new IllegalStateException("pprof can't listen on " + address);
      }
    }

    @Override
    public void afterStop() {
      own.stop();
    }
  }

  /** Fails early with a clear message; Helidon would log a stack trace and continue. */
  private static void requireFree(InetSocketAddress address) {
    if (address.getPort() == 0) {
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException e) {
      throw new IllegalStateException(
          "pprof can't listen on %s:%d: %s; free it or set pprof.address (PPROF_ADDRESS) to another"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }
}
