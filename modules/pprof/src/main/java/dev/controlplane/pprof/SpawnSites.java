package dev.controlplane.pprof;

import java.util.Map;

/**
 * Where a library starts its threads. The JVM doesn't record who started a thread; for a library
 * whose threads {@link Goroutines} doesn't start, its code does: the outermost method of the
 * library that a thread runs tells where the thread was started. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface SpawnSites {
  /**
   * From the outermost method of a stack that is not the JDK's, such as {@code
   * io.helidon.webserver.ServerListener.listen}, to the place that starts such threads. Read once.
   */
  Map<String, SpawnSite> byRootMethod();

  /**
   * A place in the code that starts threads.
   *
   * @param method dotted name, such as {@code io.helidon.webserver.ServerListener.start}
   * @param file package-relative, such as {@code io/helidon/webserver/ServerListener.java}
   * @param line line number, 0 where it isn't known
   */
  record SpawnSite(String method, String file, int line) {}
}
