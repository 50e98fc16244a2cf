package dev.controlplane.server;

import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PlainBodies;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
import dev.controlplane.transport.frames.Flood;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.http1.TimedHttp1;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Collects what a server consists of before it starts: routes, sockets, checks, resources and
 * hooks.
 */
public final class ServerSetup {
  private final String name;
  private final Settings settings;
  private final EventLog log;
  private final boolean takesPorts;
  private final Api api;
  private final Admission admission = new Admission(Services.get(MeterRegistry.class));
  private final WebServerConfig.Builder webServer;
  private final Map<String, Runnable> checks = new LinkedHashMap<>();
  private final Map<String, String> sockets = new LinkedHashMap<>();
  private final List<Consumer<RunningServer>> started = new ArrayList<>();
  private final List<Runnable> draining = new ArrayList<>();
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /** The file in the data directory that this server writes; null if it only reads. */
  private String written;

  ServerSetup(String name, Settings settings, EventLog log, WebServerConfig.Builder webServer) {
    this(name, settings, log, webServer, true);
  }

  /** For a server that is set up but never started, so its ports may be in use. */
  static ServerSetup withoutPorts(
      String name, Settings settings, EventLog log, WebServerConfig.Builder webServer) {
    return new ServerSetup(name, settings, log, webServer, false);
  }

  private ServerSetup(
      String name,
      Settings settings,
      EventLog log,
      WebServerConfig.Builder webServer,
      boolean takesPorts) {
    this.takesPorts = takesPorts;
    this.name = name;
    this.settings = settings;
    this.log = log;
    this.webServer = webServer;
    this.api = new Api(log);
  }

  /** The server's name, such as {@code upload-server}. */
  public String name() {
    return name;
  }

  /** The server's settings. */
  public Settings settings() {
    return settings;
  }

  /** The server's log. */
  public EventLog log() {
    return log;
  }

  /**
   * The address that every socket of the server listens on.
   *
   * @throws StartupException if the setting is not an address of this machine
   */
  public InetAddress bindAddress() {
    return BindAddress.of(settings.text("bind-address"));
  }

  /**
   * Declares a file in the data directory that the server writes, so that {@code --check} tests it.
   */
  public void writes(String file) {
    written = file;
  }

  /** The file in the data directory that the server writes; empty if it only reads. */
  Optional<String> written() {
    return Optional.ofNullable(written);
  }

  /** The limits on what clients can use up. */
  public Admission admission() {
    return admission;
  }

  /** The HTTP API on the default socket. */
  public Api api() {
    return api;
  }

  /** Helidon's web server configuration, for what differs between servers. */
  public WebServerConfig.Builder webServer() {
    return webServer;
  }

  /**
   * Serves the HTTP API, health, metrics and profiles over HTTP/1.1.
   *
   * @param port the setting with the port
   */
  public void http(String port) {
    http(port, null);
  }

  /**
   * Serves the HTTP API, health, metrics and profiles.
   *
   * @param port the setting with the port
   * @param http2 for clients that begin with HTTP/2 ("prior knowledge"); null for HTTP/1.1 only
   */
  public void http(String port, ServerConnectionSelector http2) {
    listen("http", WebServer.DEFAULT_SOCKET_NAME, port);
    speakHttp(webServer.port(settings.port(port)), http2);
  }

  /**
   * Configures a socket for HTTP/1.1, and for HTTP/2 if that is not null, with the server's time
   * limits.
   */
  void speakHttp(WebServerConfig.Builder socket, ServerConnectionSelector http2) {
    Duration headTimeout = headTimeout();
    socket
        // Plain sockets transfer files faster; NIO sockets copy them in pieces of 8 KiB.
        .useNio(false)
        .connectionOptions(options -> options.tcpNoDelay(true))
        .idleConnectionTimeout(limit("idle-timeout"))
        .idleConnectionPeriod(Duration.ofSeconds(5))
        .protocolsDiscoverServices(false)
        .contentEncoding(new PlainBodies())
        .addConnectionSelector(
            new TimedHttp1(headTimeout, writeTimeout(), slowHead(headTimeout), http2));
  }

  private static byte[] slowHead(Duration timeout) {
    return Json.bytes(
        new Json.Failure(
            "slow_request",
            "the head of the request took too long; expected: all of it within %d ms"
                .formatted(timeout.toMillis())));
  }

  /** How long a request head, and the start of a connection, may take. */
  public Duration headTimeout() {
    return limit("request-head-timeout");
  }

  /** How long a client may accept none of its answer. */
  public Duration writeTimeout() {
    return limit("write-timeout");
  }

  /** Shows the limits against floods of frames in the metrics. For servers that speak HTTP/2. */
  public void show(FrameLimits limits) {
    admission.refusingEach(
        "resets_per_second", "max-resets-per-second", limits.resets(), Flood.RESETS::ended);
    admission.refusingEach(
        "empty_frames_per_second",
        "max-empty-frames-per-second",
        limits.emptyFrames(),
        Flood.EMPTY_FRAMES::ended);
    admission.refusingEach(
        "continuation_frames",
        "max-continuation-frames",
        limits.continuations(),
        Flood.CONTINUATIONS::ended);
  }

  /** The limits against floods of frames on a connection, from the settings. */
  public static FrameLimits frameLimits(Settings settings) {
    return new FrameLimits(
        settings.integer("max-resets-per-second", 1, 1_000_000),
        settings.integer("max-empty-frames-per-second", FrameLimits.FEWEST_EMPTY_FRAMES, 1_000_000),
        settings.integer("max-continuation-frames", 1, 10_000));
  }

  private Duration limit(String key) {
    return settings.duration(key, Duration.ofMillis(100), Duration.ofHours(1));
  }

  /**
   * Registers a socket of {@link #webServer}, so that a port in use is reported clearly and the
   * ready line shows the socket.
   *
   * @param label its name in the ready line
   * @param socket Helidon's name of the socket
   * @param port the setting with the port
   */
  public void listen(String label, String socket, String port) {
    sockets.put(label, socket);
    int number = settings.port(port);
    if (takesPorts) {
      ServerProcess.requireFree(settings.text("bind-address"), number, Settings.variable(port));
    }
  }

  /**
   * Adds a health check, which {@code /observe/health} runs.
   *
   * @param check throws if the server is not healthy, with the reason as its message
   */
  public void check(String what, Runnable check) {
    checks.put(what, check);
  }

  /**
   * As {@link #check(String, Runnable)}, for something that may be absent at the start or later.
   * The log gets one line when it becomes unavailable and one when it is available again.
   */
  public void watch(String what, Runnable check) {
    check(what, check);
    resource(() -> Watch.start(what, check, log));
  }

  /** Opens a resource. Resources are closed after the server has stopped, in reverse order. */
  public <T extends AutoCloseable> T resource(Callable<T> open) {
    try {
      T resource = open.call();
      resources.push(resource);
      return resource;
    } catch (StartupException e) {
      throw e;
    } catch (Exception e) {
      throw new StartupException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Runs an action once the server accepts requests. */
  public void onStarted(Consumer<RunningServer> action) {
    started.add(action);
  }

  /**
   * Runs an action at the start of the shutdown, before sockets are closed, to end what would not
   * end by itself.
   */
  public void onDrain(Runnable action) {
    draining.add(action);
  }

  Map<String, Runnable> checks() {
    return checks;
  }

  Map<String, String> sockets() {
    return sockets;
  }

  List<Consumer<RunningServer>> started() {
    return started;
  }

  List<Runnable> draining() {
    return draining;
  }

  Deque<AutoCloseable> resources() {
    return resources;
  }
}
