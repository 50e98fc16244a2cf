package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.SpawnSites;
import java.util.Map;

/**
 * Tells where Helidon 4.5.0 starts its threads. Helidon's executors can't be replaced, so the place
 * is derived from what a thread runs.
 */
public final class HelidonSpawnSites implements SpawnSites {
  private static final SpawnSite LISTENER =
      site("io.helidon.webserver.ServerListener.startIt", 358);

  private static final SpawnSite CONNECTION =
      site("io.helidon.webserver.ServerListener.listen", 411);

  private static final SpawnSite STREAM =
      site("io.helidon.webserver.http2.Http2Connection.doHeaders", 872);

  private static final SpawnSite ASYNC_WRITER =
      site("io.helidon.common.socket.SocketWriterAsync.startWriterIfNeeded", 393);

  /** Called by the service loader. */
  public HelidonSpawnSites() {}

  @Override
  public Map<String, SpawnSite> byRootMethod() {
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
