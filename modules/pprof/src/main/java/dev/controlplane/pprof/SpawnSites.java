package dev.controlplane.pprof;

import java.util.Map;

/**
 * Tells where a library starts its threads. Implementations are found by {@link
 * java.util.ServiceLoader}. The JVM does not record who started a thread. For a library whose
 * threads are not started by {@link Goroutines}, the outermost method of its code on a thread's
 * stack reveals the place.
 *
 * @since 0.1.0
 */
public interface SpawnSites {
  /**
   * Maps the outermost non-JDK method of a stack, such as {@code
   * io.helidon.webserver.ServerListener.listen}, to the place that starts such threads. Read once.
   */
  Map<String, SpawnSite> byRootMethod();

  /**
   * A place in the code that starts threads. A record, because a place in code has no more to it.
   *
   * @param method dotted name, such as {@code io.helidon.webserver.ServerListener.start}
   * @param file package-relative, such as {@code io/helidon/webserver/ServerListener.java}
   * @param line line number; 0 if unknown
   * @since 0.1.0
   */
  record SpawnSite(String method, String file, int line) {}
}
