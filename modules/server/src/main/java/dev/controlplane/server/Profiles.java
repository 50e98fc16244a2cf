package dev.controlplane.server;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.observe.Access;
import dev.controlplane.pprof.observe.PprofFeature;
import dev.controlplane.pprof.observe.PprofSettings;
import dev.controlplane.pprof.signal.ProcessName;
import dev.controlplane.pprof.signal.QuitDumps;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.nio.file.Path;
import java.util.function.Function;

/** Makes a server's goroutines visible: over HTTP, on SIGQUIT, and by the process name. */
final class Profiles {
  private static final String MAX_REQUESTS = "pprof-max-requests";

  private final PprofSettings settings;

  private Profiles(PprofSettings settings) {
    this.settings = settings;
  }

  static Profiles of(Settings settings) {
    try {
      String source = settings.text("pprof-source");
      return new Profiles(
          new PprofSettings(
              Access.parse(settings.text("pprof-access")),
              settings.optional("pprof-token"),
              settings.optional("pprof-address"),
              settings.flag("pprof-labels"),
              Source.named(source)
                  .orElseThrow(
                      () ->
                          new StartupException(
                              "PPROF_SOURCE is \""
                                  + source
                                  + "\"; expected: auto, hotspot or live")),
              settings.flag("pprof-jvm-threads"),
              settings.integer(MAX_REQUESTS, 1, PprofSettings.MOST_REQUESTS)));
    } catch (IllegalArgumentException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  /**
   * The feature that serves {@code /debug/pprof/}.
   *
   * @param starter completes and starts the server of the feature's own socket, if it has one
   */
  PprofFeature feature(Function<WebServerConfig.Builder, WebServer> starter, Admission admission) {
    try {
      PprofFeature feature = PprofFeature.create(settings, starter);
      int most = settings.maxRequests();
      admission.refusing(
          "profiles", MAX_REQUESTS, most, feature::openRequests, feature::refusedRequests);
      admission.waiting("profile_deltas", MAX_REQUESTS, most, feature::waitingDeltas);
      return feature;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  /**
   * Sets the process name that {@code ps}, {@code pgrep} and {@code killall} show, and writes a
   * dump into the working directory on each SIGQUIT.
   */
  void ofProcess(String name, EventLog log) {
    ProcessName.set(name);
    GoroutineProfiler profiler =
        GoroutineProfiler.create(
            GoroutineProfiler.Options.defaults()
                .withLabels(settings.labels())
                .withSource(settings.source())
                .withJvmThreads(settings.jvmThreads()));
    try {
      QuitDumps.install(name, Path.of(""), profiler);
    } catch (UnsupportedOperationException e) {
      log.warn("no-dumps-on-sigquit", "reason", e.getMessage());
    }
  }
}
