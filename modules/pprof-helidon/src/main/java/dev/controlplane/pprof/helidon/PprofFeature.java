package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
import io.helidon.common.Weighted;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.spi.ServerFeature;
import java.net.InetSocketAddress;
import java.util.Objects;
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
 *
 * @since 0.1.0
 */
public final class PprofFeature implements ServerFeature, Weighted {
  static final String TYPE = "pprof";

  /** Higher than the user's routes (100), which might match any path; lower than access checks. */
  private static final double WEIGHT = 110;

  private final String name;
  private final PprofEndpoint endpoint;
  private final InetSocketAddress address;
  private final Function<WebServerConfig.Builder, WebServer> starter;
  private final Runnable onStop;
  private volatile WebServer own;

  private PprofFeature(Builder builder) {
    this.name = builder.name;
    this.endpoint = builder.endpoint;
    this.address = builder.address;
    this.starter = builder.starter;
    this.onStop = builder.onStop;
  }

  /** Begins a feature that serves what an endpoint answers. */
  public static Builder builder(PprofEndpoint endpoint) {
    return new Builder(endpoint);
  }

  /** A feature that serves what an endpoint answers on the server's default socket. */
  public static PprofFeature create(PprofEndpoint endpoint) {
    return builder(endpoint).build();
  }

  /** The address of the own socket, if there is one and it is open. */
  public Optional<InetSocketAddress> ownSocket() {
    WebServer server = own;
    return server == null
        ? Optional.empty()
        : Optional.of(new InetSocketAddress(address.getAddress(), server.port()));
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
    HttpRouting.Builder routing = context.socket(WebServer.DEFAULT_SOCKET_NAME).httpRouting();
    routing.addFeature(new Life());
    if (address == null) {
      routing.addFilter(new PprofFilter(endpoint));
    }
  }

  /** Starts and stops together with the main server. */
  private final class Life implements HttpFeature {
    @Override
    public void setup(HttpRouting.Builder routing) {
      // No routes on the main server's sockets.
    }

    @Override
    public void afterStart(WebServer server) {
      if (address == null || endpoint.access() == Access.OFF) {
        return;
      }
      own =
          starter.apply(
              WebServerConfig.builder()
                  .address(address.getAddress())
                  .port(address.getPort())
                  .shutdownHook(false)
                  .featuresDiscoverServices(false)
                  .routing(HttpRouting.builder().addFilter(new PprofFilter(endpoint))));
      if (!own.isRunning()) {
        throw new IllegalStateException("pprof can't listen on " + address);
      }
    }

    @Override
    public void afterStop() {
      WebServer server = own;
      if (server != null) {
        server.stop();
      }
      onStop.run();
    }
  }

  /**
   * Options of a feature.
   *
   * @since 0.1.0
   */
  public static final class Builder {
    private final PprofEndpoint endpoint;
    private String name = TYPE;
    private InetSocketAddress address;
    private Function<WebServerConfig.Builder, WebServer> starter = b -> b.build().start();
    private Runnable onStop = () -> {};

    private Builder(PprofEndpoint endpoint) {
      this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
    }

    /** Sets the name that Helidon shows; by default {@code pprof}. */
    public Builder name(String shown) {
      name = Objects.requireNonNull(shown, "name");
      return this;
    }

    /**
     * Sets the address of a socket of its own; the server's own sockets then do not serve the
     * paths.
     *
     * @param hostAndPort {@code host:port}; without a host it listens on all addresses of the
     *     machine, and port 0 lets the system choose a port. Empty: no socket of its own.
     * @throws IllegalArgumentException if it is not {@code host:port} with a known host
     */
    public Builder address(String hostAndPort) {
      address = hostAndPort.isBlank() ? null : OwnAddress.parse(hostAndPort);
      return this;
    }

    /** Sets what completes and starts the server of the own socket, to give it limits. */
    public Builder starter(Function<WebServerConfig.Builder, WebServer> start) {
      starter = Objects.requireNonNull(start, "starter");
      return this;
    }

    /** Sets what is done after the server has stopped, such as closing the profiles. */
    public Builder onStop(Runnable action) {
      onStop = Objects.requireNonNull(action, "onStop");
      return this;
    }

    /**
     * Creates the feature.
     *
     * @throws IllegalStateException if the address of its own socket is in use
     */
    public PprofFeature build() {
      if (address != null && endpoint.access() != Access.OFF) {
        OwnAddress.requireFree(address);
      }
      return new PprofFeature(this);
    }
  }
}
