package dev.controlplane.pprof;

import java.util.Locale;
import java.util.Optional;

/**
 * Where the facts about this JVM's threads come from. Both sources give the same profile.
 *
 * @since 0.1.0
 */
public enum Source {
  /**
   * The profiler's default ({@link GoroutineProfiler.Options#source()}). If that is {@code AUTO}
   * too: {@link #HOTSPOT} on a JVM whose thread dump is not known to crash it (28 and later),
   * otherwise {@link #LIVE}. On earlier versions the dump may crash the JVM while virtual threads
   * mount and unmount (JDK-8364343), start or end (JDK-8392031).
   */
  AUTO,
  /** {@code HotSpotDiagnosticMXBean.dumpThreads} in JSON, through a private temporary file. */
  HOTSPOT,
  /** A walk over the live threads, one by one, without pausing the JVM. */
  LIVE;

  /** Returns the source with this name in lower case, as in a query parameter. */
  public static Optional<Source> named(String name) {
    for (Source source : values()) {
      if (source.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(source);
      }
    }
    return Optional.empty();
  }
}
