package dev.controlplane.pprof.model;

import java.lang.System.Logger.Level;

/** Whether the JVM was started so that this code may see what it needs of it. */
public final class Exports {
  private Exports() {}

  /** Looked at, and told of, when somebody first asks. */
  private static final class ThreadContainers {
    static final boolean EXPORTED = check();
  }

  /** Whether {@code jdk.internal.vm} is exported; says so once if it isn't. */
  public static boolean threadContainers() {
    return ThreadContainers.EXPORTED;
  }

  /** Whether {@code java.lang} is open, for {@link InheritedLabels}. */
  static boolean threadLocals() {
    return Object.class.getModule().isOpen("java.lang", Exports.class.getModule());
  }

  private static boolean check() {
    boolean exported =
        Object.class.getModule().isExported("jdk.internal.vm", Exports.class.getModule());
    if (!exported) {
      System.getLogger("dev.controlplane.pprof")
          .log(
              Level.WARNING,
              "Goroutine profiles show platform threads and the threads started by"
                  + " dev.controlplane.pprof.Goroutines only: to see all virtual threads, start the"
                  + " JVM with --add-exports java.base/jdk.internal.vm=ALL-UNNAMED (or with"
                  + " Add-Exports: java.base/jdk.internal.vm in the manifest of the jar that is"
                  + " started)");
    }
    return exported;
  }
}
