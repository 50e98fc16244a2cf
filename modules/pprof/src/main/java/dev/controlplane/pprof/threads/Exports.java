package dev.controlplane.pprof.threads;

import java.lang.System.Logger.Level;

/** Checks whether the JVM was started with the options that give access to its internals. */
public final class Exports {
  private Exports() {}

  /** Checked, and logged, at the first use. */
  private static final class ThreadContainers {
    static final boolean EXPORTED = check();
  }

  /** Whether {@code jdk.internal.vm} is exported to this code. Logs a warning once if it is not. */
  public static boolean threadContainers() {
    return ThreadContainers.EXPORTED;
  }

  /** Whether {@code java.lang} is open to this code, for {@link InheritedLabels}. */
  static boolean threadLocals() {
    return Object.class.getModule().isOpen("java.lang", Exports.class.getModule());
  }

  /** Whether the frozen stacks of virtual threads can be read by this code. */
  public static boolean stacks() {
    Module base = Object.class.getModule();
    Module ours = Exports.class.getModule();
    return threadLocals()
        && base.isOpen("jdk.internal.vm", ours)
        && base.isExported("jdk.internal.misc", ours);
  }

  /** The JVM option that opens a package of {@code java.base} to this code. */
  public static String addOpens(String packageName) {
    return "--add-opens java.base/" + packageName + "=" + name(Exports.class.getModule());
  }

  /** The JVM option that lets this code call the system. */
  public static String enableNativeAccess() {
    return "--enable-native-access=" + name(Exports.class.getModule());
  }

  private static String name(Module module) {
    return module.isNamed() ? module.getName() : "ALL-UNNAMED";
  }

  private static boolean check() {
    boolean exported =
        Object.class.getModule().isExported("jdk.internal.vm", Exports.class.getModule());
    if (!exported) {
      System.getLogger("dev.controlplane.pprof").log(Level.WARNING, withoutThreadContainers());
    }
    return exported;
  }

  /** Which threads are missing without {@link #threadContainers}, and what brings them. */
  public static String withoutThreadContainers() {
    return "Goroutine profiles show platform threads and the threads started by"
        + " dev.controlplane.pprof.Goroutines only: to see all virtual threads, start the JVM with"
        + " --add-exports java.base/jdk.internal.vm="
        + name(Exports.class.getModule())
        + " (or with Add-Exports: java.base/jdk.internal.vm in the manifest of the jar that is"
        + " started)";
  }
}
