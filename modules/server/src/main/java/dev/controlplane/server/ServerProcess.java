package dev.controlplane.server;

import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.JsonErrors;
import dev.controlplane.server.http.RequestBodies;
import dev.controlplane.server.metrics.ServerMetrics;
import dev.controlplane.server.settings.SettingNames;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.SettingsFile;
import dev.controlplane.server.settings.StartupException;
import dev.controlplane.transport.socket.Listeners;
import io.helidon.config.Config;
import io.helidon.http.DateTime;
import io.helidon.http.Method;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The life of a server process: settings, start, one ready line, and an orderly end ({@link
 * Shutdown}) on SIGTERM or SIGINT.
 */
public final class ServerProcess {
  private final EventLog log;
  private final ServerSetup setup;
  private final Shutdown shutdown;
  private WebServer server;

  private ServerProcess(EventLog log, ServerSetup setup) {
    this.log = log;
    this.setup = setup;
    this.shutdown = new Shutdown(log, setup);
  }

  /** The part that differs between servers. */
  @FunctionalInterface
  public interface Program {
    /** Sets up the server. An exception ends the start. */
    void configure(ServerSetup setup) throws Exception;
  }

  /**
   * Runs a server until the process is told to end. The process exits with 1 if the server can't
   * start, and with 2 for unknown arguments.
   *
   * @param arguments of the command line, as {@code --help} describes them
   */
  public static void run(String name, String[] arguments, Program program) {
    switch (new CommandLine(name, System.out, System.err).read(arguments)) {
      case CommandLine.Order.Answered(int status) -> System.exit(status);
      case CommandLine.Order.Start start -> run(name, start, program);
    }
  }

  private static void run(String name, CommandLine.Order.Start order, Program program) {
    LogOutput err = new LogOutput(new FileOutputStream(FileDescriptor.err));
    EventLog log = EventLog.ofProcess(name, err);
    log.takeOverLibraryLogs();
    FatalErrors.endsProcess(log);
    try {
      Map<String, String> file = order.config().map(SettingsFile::read).orElse(Map.of());
      Settings settings = Settings.load(System.getenv(), file);
      if (order.check()) {
        System.exit(new StartCheck(name, settings, System.out).run(program));
      }
      log.follow(settings);
      settings.publish();
      warnOfMistakes(log, order.config().isPresent());
      ServerSetup setup = new ServerSetup(name, settings, log, WebServerConfig.builder());
      err.showIn(Services.get(MeterRegistry.class));
      ServerProcess process = new ServerProcess(log, setup);
      process.start(program);
      process.shutdown.await();
    } catch (StartupException e) {
      if (order.check()) {
        System.out.printf("%s: settings: not ok: %s%n", name, e.getMessage());
        System.out.flush();
        System.exit(1);
      }
      log.answered(e);
      log.error("start-failed", "reason", e.getMessage());
      log.flush();
      System.exit(1);
    } catch (Exception e) {
      log.error("start-failed", e);
      log.flush();
      System.exit(1);
    }
  }

  /** Warns of a variable or file that looks like a setting of this server but is not read. */
  private static void warnOfMistakes(EventLog log, boolean hasFile) {
    new SettingNames()
        .likely(System.getenv())
        .forEach(
            (variable, meant) ->
                log.warn(
                    "unknown-variable",
                    "variable",
                    variable,
                    "remedy",
                    "no server has this setting; did you mean " + meant + "?"));
    if (!hasFile && SettingsFile.isLikely(Path.of(""))) {
      log.warn(
          "file-not-read",
          "file",
          SettingsFile.NAME,
          "remedy",
          "to use the settings of this directory's file, pass --config " + SettingsFile.NAME);
    }
  }

  /**
   * Sets up a server on a builder that the caller starts, such as Helidon's test framework.
   *
   * @return closes what the program opened; to be closed after the server has stopped
   */
  public static AutoCloseable configure(
      String name, Settings settings, WebServerConfig.Builder builder, Program program)
      throws Exception {
    LogOutput err = new LogOutput(new FileOutputStream(FileDescriptor.err));
    EventLog log = EventLog.ofProcess(name, err);
    err.showIn(Services.get(MeterRegistry.class));
    ServerProcess process = new ServerProcess(log, new ServerSetup(name, settings, log, builder));
    process.assemble(program, process.setup.bindAddress(), pprof -> pprof.build().start());
    return process.shutdown::closeResources;
  }

  private void assemble(
      Program program, InetAddress address, Function<WebServerConfig.Builder, WebServer> pprof)
      throws Exception {
    program.configure(setup);
    Listeners.count(setup.webServer());
    setup
        .api()
        .on(
            Method.GET,
            Api.HEALTH,
            (request, response, path) -> Json.send(request, response, health()))
        .on(
            Method.GET,
            "/version",
            (request, response, path) -> Json.send(request, response, release()));
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFeature(
                ServerMetrics.show(
                    setup.name(), Release.version(), setup.settings().optional("storage-path")));
    if (setup.settings().flag("access-log")) {
      routing.addFeature(new AccessLog(log));
    }
    setup
        .webServer()
        .config(Config.empty())
        .address(address)
        .shutdownHook(false)
        .shutdownGracePeriod(Shutdown.GRACE)
        .directHandlers(JsonErrors.handlers())
        .featuresDiscoverServices(false)
        .addFeature(Observability.of(setup.checks()))
        .addFeature(Profiles.of(setup.settings()).feature(pprof, setup.admission()))
        .routing(
            routing
                .addFeature(new RequestBodies())
                .addFeature(SiteGuard.of(setup.settings()))
                .addFilter(setup.api()));
  }

  private void start(Program program) throws Exception {
    InetAddress address = setup.bindAddress();
    Profiles.of(setup.settings()).ofProcess(setup.name(), log);
    Sockets sockets = new Sockets(setup);
    assemble(program, address, sockets::startPprof);
    openWhatIsNeededLater();
    server = sockets.guard("http", setup.webServer().build()).start();
    if (!server.isRunning()) {
      throw new StartupException("a socket could not be opened; the lines above tell why");
    }
    ServerMetrics.hideHelidons();
    shutdown.endsOnSignal(server);
    setup.started().forEach(action -> action.accept(server::port));
    if (!address.isLoopbackAddress()) {
      log.warn(
          "open-to-the-network",
          "address",
          address.getHostAddress(),
          "reason",
          "BIND_ADDRESS is not loopback, and this server asks nobody who they are");
    }
    log.info("ready", ready(address));
    IdleHeap.lookAfter();
  }

  /**
   * Opens in advance what the JVM otherwise opens at its first use: the JDK's time zones, which
   * each answer's date needs; the poller of virtual threads; and every jar. If no file descriptor
   * were free at the first use, the classes would stay unusable, because the JVM tries to load them
   * only once.
   */
  private static void openWhatIsNeededLater() {
    DateTime.timestamp();
    try {
      Class.forName("sun.nio.ch.Poller");
    } catch (ClassNotFoundException e) {
      // Another JDK has another poller.
    }
    // To find a missing resource, the class loader opens all of its jars.
    ClassLoader.getSystemResource("nowhere");
  }

  private Object[] ready(InetAddress address) {
    List<Object> pairs = new ArrayList<>();
    setup
        .sockets()
        .forEach(
            (label, socket) -> {
              pairs.add(label);
              pairs.add(hostPort(address, server.port(socket)));
            });
    pairs.add("pid");
    pairs.add(ProcessHandle.current().pid());
    pairs.add("startup_ms");
    pairs.add(System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime());
    return pairs.toArray();
  }

  private static String hostPort(InetAddress address, int port) {
    String host = address.getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * Fails with a clear message if a port is in use; Helidon would log a stack trace and continue.
   */
  static void requireFree(String host, int port, String variable) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new StartupException(
          "can't listen on port %d of %s: %s; free it or set %s to another port"
              .formatted(port, host, e.getMessage(), variable),
          e);
    }
  }

  /** The answer to {@code GET /version}, for {@code cpctl version}. */
  private Map<String, String> release() {
    return Map.of("name", setup.name(), "version", Release.version());
  }

  private Map<String, String> health() {
    if (shutdown.hasBegun()) {
      throw ApiException.of(503, "stopping", "the server is about to end; ask another one")
          .with("Retry-After", "1");
    }
    return Map.of("status", "healthy");
  }
}
