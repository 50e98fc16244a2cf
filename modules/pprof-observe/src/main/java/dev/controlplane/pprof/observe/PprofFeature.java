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
 * Serves {@code /debug/pprof/} of a Helidon web server: on its default socket, or on a socket of
 * its own.
 *
 * <p>With this module on the class path and Helidon's discovery of features on, it is there without
 * a line of code; {@code server.features.pprof} configures it, see {@link PprofFeatureProvider}.
 *
 * <p>Go reads over what is malformed in a query; Helidon answers 400 before this sees it, unless
 * {@code Http1Config.validatePrologue} is off.
 */
public final class PprofFeature implements ServerFeature, Weighted {
  static final String TYPE = "pprof";

  /** Before the user's routes (100), which may know a path of any name; after access checks. */
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
   * A feature of these settings.
   *
   * @throws IllegalStateException if the address of its own socket is taken
   */
  public static PprofFeature create(PprofSettings settings) {
    return create(TYPE, settings);
  }

  /**
   * A feature of these settings, whose own socket has the limits of its host.
   *
   * @param starter completes and starts the server of the own socket, if there is one
   * @throws IllegalStateException if the address of its own socket is taken
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

  /** Where profiles are served, if it is a socket of their own that is open. */
  public Optional<InetSocketAddress> ownSocket() {
    WebServer server = own;
    return server == null
        ? Optional.empty()
        : settings
            .socket()
            .map(configured -> new InetSocketAddress(configured.getAddress(), server.port()));
  }

  /**
   * How many profiles are taken, or read by their clients, now. {@link PprofSettings#maxRequests}
   * bounds it.
   */
  public int openRequests() {
    return filter.goroutine().open();
  }

  /**
   * How many requests for a difference wait for their second profile now. {@link
   * PprofSettings#maxRequests} bounds it.
   */
  public int waitingDeltas() {
    return filter.goroutine().deltas();
  }

  /** How many requests were answered 503 because too many were open. */
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

  /** A server beside the server, which starts and stops with it. */
  private final class OwnSocket implements HttpFeature {
    private final InetSocketAddress address;

    private OwnSocket(InetSocketAddress address) {
      this.address = address;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
      // Nothing on the sockets of the server.
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

  /** Says it clearly and before anything is served; Helidon would log a stack trace and go on. */
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
