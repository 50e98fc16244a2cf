package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.SpawnSites;
import io.helidon.webserver.WebServer;
import java.lang.System.Logger.Level;
import java.util.Map;

/**
 * Tells where Helidon starts its threads. Helidon's executors can't be replaced, so the place is
 * derived from what a thread runs. The places are lines of one version of Helidon; with another one
 * nothing is told.
 *
 * @since 0.1.0
 */
public final class HelidonSpawnSites implements SpawnSites {
  /** The version that the lines were read from. */
  static final String VERSION = "4.5.0";

  private static final SpawnSite LISTENER =
      site("io.helidon.webserver.ServerListener.startIt", 358);

  private static final SpawnSite CONNECTION =
      site("io.helidon.webserver.ServerListener.listen", 411);

  private static final SpawnSite STREAM =
      site("io.helidon.webserver.http2.Http2Connection.doHeaders", 872);

  private static final SpawnSite ASYNC_WRITER =
      site("io.helidon.common.socket.SocketWriterAsync.startWriterIfNeeded", 393);

  private final String version;

  /** Called by the service loader. */
  public HelidonSpawnSites() {
    this(WebServer.class.getPackage().getImplementationVersion());
  }

  /**
   * @param version of the Helidon that is used; null if unknown
   */
  HelidonSpawnSites(String version) {
    this.version = version;
  }

  @Override
  public Map<String, SpawnSite> byRootMethod() {
    if (!VERSION.equals(version)) {
      System.getLogger("dev.controlplane.pprof")
          .log(
              Level.INFO,
              "Profiles do not say where Helidon's threads are created: the places are known for"
                  + " Helidon "
                  + VERSION
                  + ", this is "
                  + (version == null ? "a version without a number" : version));
      return Map.of();
    }
    return Map.of(
        "io.helidon.webserver.ServerListener.listen", LISTENER,
        "io.helidon.webserver.ThreadPerTaskExecutor$ThreadBoundFuture.run", CONNECTION,
        "io.helidon.webserver.http2.Http2Connection$StreamRunnable.run", STREAM,
        "io.helidon.common.socket.SocketWriterAsync.run", ASYNC_WRITER);
  }

  private static SpawnSite site(String method, int line) {
    String type = method.substring(0, method.lastIndexOf('.'));
    return new SpawnSite(method, type.replace('.', '/') + ".java", line);
  }
}
