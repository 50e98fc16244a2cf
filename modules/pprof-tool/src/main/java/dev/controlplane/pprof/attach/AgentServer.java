package dev.controlplane.pprof.attach;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.http.jdk.PprofHandler;
import dev.controlplane.pprof.sources.RecorderModule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import jdk.jfr.FlightRecorder;

/**
 * Serves the profiles of the JVM that it runs in, on a loopback port, for as long as the tool that
 * attached it lives. {@link Agent} calls it, through its own class loader.
 */
public final class AgentServer {
  /** What can't be had without a Flight Recorder. */
  private static final Set<String> RECORDED = Set.of("allocs", "profile", "trace");

  /** What can't be had either, if not even its module is there. */
  private static final Set<String> WITH_MODULE = Set.of("heap", "delta_heap");

  private final HttpServer server;
  private final ExecutorService threads;
  private final StandardProfiles standard;
  private final AutoCloseable loader;
  private final String answer;

  private AgentServer(int port, AutoCloseable loader) throws IOException {
    this.loader = loader;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    threads =
        Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("pprof-attached-", 0).factory());
    // Whoever attaches wants them all, and pays for them only meanwhile.
    standard =
        StandardProfiles.builder().allocations(true).contention(Contention.builder()).build();
    boolean module = !RecorderModule.isMissing();
    boolean recorder = module && FlightRecorder.isAvailable();
    String kinds =
        standard.profiles().all().stream()
            .map(ProfileKind::name)
            .filter(name -> recorder || !RECORDED.contains(name))
            .filter(name -> module || !WITH_MODULE.contains(name))
            .collect(Collectors.joining(","));
    server.createContext(
        "/debug/pprof", new PprofHandler(PprofEndpoint.create(standard.profiles())));
    server.setExecutor(threads);
    server.start();
    answer = "127.0.0.1:" + server.getAddress().getPort() + " " + kinds;
  }

  /**
   * Starts a server.
   *
   * @param tool the process whose end is the server's end
   * @param loader is closed at the end
   */
  public static void start(long tool, int port, AutoCloseable loader) throws IOException {
    ProcessHandle process =
        ProcessHandle.of(tool)
            .orElseThrow(() -> new IOException("the tool that attaches has ended already"));
    AgentServer server = new AgentServer(port, loader);
    System.setProperty(Agent.ANSWER, server.answer);
    Thread.ofPlatform()
        .daemon()
        .name("pprof-attached")
        .start(
            () -> {
              process.onExit().join();
              server.end();
            });
  }

  private void end() {
    server.stop(0);
    threads.shutdownNow();
    standard.close();
    // Another tool may have attached meanwhile.
    System.getProperties().remove(Agent.ANSWER, answer);
    try {
      loader.close();
    } catch (Exception e) {
      // The jar stays open until the program ends.
    }
  }
}
