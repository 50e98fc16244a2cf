package dev.controlplane.server;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.helidon.PprofFeature;
import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.jfr.CpuProfile;
import dev.controlplane.pprof.signal.ProcessName;
import dev.controlplane.pprof.signal.QuitDumps;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.nio.file.Path;
import java.util.function.Function;

/** Makes a server's profiles visible: over HTTP, on SIGQUIT, and by the process name. */
final class Profiles {
  private static final String MAX_REQUESTS = "pprof-max-requests";

  private final Settings settings;
  private final GoroutineProfiler.Options goroutines;

  private Profiles(Settings settings) {
    this.settings = settings;
    String source = settings.text("pprof-source");
    this.goroutines =
        GoroutineProfiler.Options.defaults()
            .withLabels(settings.flag("pprof-labels"))
            .withJvmThreads(settings.flag("pprof-jvm-threads"))
            .withSource(
                Source.named(source)
                    .orElseThrow(
                        () ->
                            new StartupException(
                                "PPROF_SOURCE is \""
                                    + source
                                    + "\"; expected: auto, hotspot or live")));
  }

  static Profiles of(Settings settings) {
    return new Profiles(settings);
  }

  /**
   * The feature that serves {@code /debug/pprof/}. What the profiles gather ends with the server.
   *
   * @param starter completes and starts the server of the feature's own socket, if it has one
   */
  PprofFeature feature(Function<WebServerConfig.Builder, WebServer> starter, Admission admission) {
    int most = settings.integer(MAX_REQUESTS, 1, PprofEndpoint.MOST_REQUESTS);
    try {
      Access access = Access.parse(settings.text("pprof-access"));
      StandardProfiles standard = standard(access);
      PprofEndpoint endpoint =
          PprofEndpoint.builder(standard.profiles())
              .access(access)
              .token(settings.optional("pprof-token").orElse(""))
              .maxRequests(most)
              .jvmThreads(settings.flag("pprof-jvm-threads"))
              .build();
      PprofFeature feature =
          PprofFeature.builder(endpoint)
              .address(settings.optional("pprof-address").orElse(""))
              .starter(starter)
              .onStop(standard::close)
              .build();
      admission.refusing(
          "profiles", MAX_REQUESTS, most, endpoint::openRequests, endpoint::refusedRequests);
      admission.waiting("profile_deltas", MAX_REQUESTS, most, endpoint::waitingDeltas);
      return feature;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  /** Where nobody may read profiles, nothing is recorded all the time. */
  private StandardProfiles standard(Access access) {
    String cpu = settings.text("pprof-cpu");
    StandardProfiles.Builder standard =
        StandardProfiles.builder()
            .goroutines(goroutines)
            .labelSets(settings.integer("pprof-label-sets", 0, 1_000_000))
            .cpu(
                CpuProfile.Source.named(cpu)
                    .orElseThrow(
                        () ->
                            new StartupException(
                                "PPROF_CPU is \""
                                    + cpu
                                    + "\"; expected: samples, cpu-time or off")));
    if (settings.flag("pprof-cumulative") && access != Access.OFF) {
      standard.allocations(true).contention(Contention.builder());
    }
    return standard.build();
  }

  /**
   * Sets the process name that {@code ps}, {@code pgrep} and {@code killall} show, and writes a
   * dump into the working directory on each SIGQUIT.
   */
  void ofProcess(String name, EventLog log) {
    ProcessName.set(name);
    try {
      QuitDumps.install(name, Path.of(""), GoroutineProfiler.create(goroutines));
    } catch (UnsupportedOperationException e) {
      log.warn("no-dumps-on-sigquit", "reason", e.getMessage());
    }
  }
}
