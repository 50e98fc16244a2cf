package dev.controlplane.pprof.attach;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import java.util.Set;

/**
 * The part of the tool that the target's JVM puts on the program's own class path: this one class.
 * All else is loaded by a class loader that the program does not see, so the program may have
 * another version of this library, and everything is gone when the server ends.
 *
 * <p>It answers through system properties, which the tool can read: an agent has no other way.
 */
public final class Agent {
  /** Where the profiles are served: an address; {@code error: …} if they are not. */
  static final String ANSWER = "dev.controlplane.pprof.attach";

  private static final String SERVER = "dev.controlplane.pprof.attach.AgentServer";

  private Agent() {}

  /**
   * Called by the JVM.
   *
   * @param argument the tool's process id, a space, the port, a space, the jar
   */
  public static void agentmain(String argument, Instrumentation instrumentation) {
    String[] words = argument.split(" ", 3);
    try {
      start(Long.parseLong(words[0]), Integer.parseInt(words[1]), words[2], instrumentation);
    } catch (Throwable e) {
      // The program must not notice.
      Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
      System.setProperty(ANSWER, "error: " + cause);
    }
  }

  @SuppressWarnings("BanClassLoader") // the jar is the one that this class is from
  private static void start(long tool, int port, String jar, Instrumentation instrumentation)
      throws ReflectiveOperationException, MalformedURLException {
    // The platform's loader as parent: the program's classes are not seen.
    URL[] urls = {new File(jar).toURI().toURL()};
    var loader = new URLClassLoader("pprof", urls, ClassLoader.getPlatformClassLoader());
    open(loader.getUnnamedModule(), instrumentation);
    Class<?> server = Class.forName(SERVER, true, loader);
    server
        .getMethod("start", long.class, int.class, AutoCloseable.class)
        .invoke(null, tool, port, loader);
  }

  /** What the manifests of jars do for programs that are started with this library. */
  private static void open(Module module, Instrumentation instrumentation) {
    Set<Module> library = Set.of(module);
    instrumentation.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of("jdk.internal.vm", library, "jdk.internal.misc", library),
        Map.of(
            "java.lang", library,
            "java.util.concurrent.locks", library,
            "jdk.internal.vm", library),
        Set.of(),
        Map.of());
  }
}
