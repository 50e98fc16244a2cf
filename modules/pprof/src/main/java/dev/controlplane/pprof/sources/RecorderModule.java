package dev.controlplane.pprof.sources;

/** The module of Flight Recorder, which a JVM may lack. */
public final class RecorderModule {
  private static final String NAME = "jdk.jfr";

  /** Why something can't be had without it, and what to do. */
  public static final String REMEDY =
      "its module jdk.jfr is missing: add it with jlink --add-modules jdk.jfr, or with"
          + " --add-modules jdk.jfr if the JDK has it";

  private RecorderModule() {}

  /** Whether this JVM lacks it. */
  public static boolean isMissing() {
    return ModuleLayer.boot().findModule(NAME).isEmpty();
  }
}
