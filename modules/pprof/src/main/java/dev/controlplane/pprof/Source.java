package dev.controlplane.pprof;

import java.util.Locale;
import java.util.Optional;

/** Where the facts about the threads of this JVM come from. Both give the same profile. */
public enum Source {
  /**
   * The profiler's own setting ({@link GoroutineProfiler.Options#source()}); where that is {@code
   * AUTO} too, {@link #HOTSPOT} on a JVM whose thread dump is known to be safe (27 and later), else
   * {@link #LIVE}. Before that the dump may crash the JVM while virtual threads mount and unmount
   * (JDK-8364343).
   */
  AUTO,
  /** {@code HotSpotDiagnosticMXBean.dumpThreads} in JSON, through a private temporary file. */
  HOTSPOT,
  /** A walk over the live threads, one by one, without a pause. */
  LIVE;

  /** The source of this name in lower case, as a query parameter has it. */
  public static Optional<Source> named(String name) {
    for (Source source : values()) {
      if (source.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(source);
      }
    }
    return Optional.empty();
  }
}
