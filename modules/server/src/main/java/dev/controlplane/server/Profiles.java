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
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
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
   * Reads every setting. Starts nothing and opens no port.
   *
   * @throws StartupException if one is wrong
   */
  void check() {
    boolean _ = settings.flag("pprof-cumulative");
    feature(endpoint(standard().build()));
  }

  /**
   * The feature that serves {@code /debug/pprof/}. What the profiles gather ends with the server.
   *
   * @param starter completes and starts the server of the feature's own socket, if it has one
   */
  PprofFeature feature(Function<WebServerConfig.Builder, WebServer> starter, Admission admission) {
    // Wrong settings are told before anything is started.
    check();
    StandardProfiles.Builder kinds = standard();
    // Where nobody may read profiles, nothing is recorded all the time.
    if (settings.flag("pprof-cumulative") && access() != Access.OFF) {
      kinds.allocations(true).contention(Contention.builder());
    }
    StandardProfiles started = kinds.build();
    PprofEndpoint endpoint = endpoint(started);
    admission.refusing(
        "profiles", MAX_REQUESTS, most(), endpoint::openRequests, endpoint::refusedRequests);
    admission.waiting("profile_deltas", MAX_REQUESTS, most(), endpoint::waitingDeltas);
    try {
      return feature(endpoint).starter(starter).onStop(started::close).build();
    } catch (IllegalStateException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  private PprofFeature.Builder feature(PprofEndpoint endpoint) {
    try {
      return PprofFeature.builder(endpoint).address(settings.optional("pprof-address").orElse(""));
    } catch (IllegalArgumentException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  private PprofEndpoint endpoint(StandardProfiles profiles) {
    try {
      return PprofEndpoint.builder(profiles.profiles())
          .access(access())
          .token(settings.optional("pprof-token").orElse(""))
          .maxRequests(most())
          .jvmThreads(settings.flag("pprof-jvm-threads"))
          .build();
    } catch (IllegalArgumentException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  private Access access() {
    try {
      return Access.parse(settings.text("pprof-access"));
    } catch (IllegalArgumentException e) {
      throw new StartupException(e.getMessage(), e);
    }
  }

  private int most() {
    return settings.integer(MAX_REQUESTS, 1, PprofEndpoint.MOST_REQUESTS);
  }

  /** The profiles without those that are recorded all the time. */
  private StandardProfiles.Builder standard() {
    String cpu = settings.text("pprof-cpu");
    return StandardProfiles.builder()
        .goroutines(goroutines)
        .labelSets(settings.integer("pprof-label-sets", 0, 1_000_000))
        .cpu(
            CpuProfile.Source.named(cpu)
                .orElseThrow(
                    () ->
                        new StartupException(
                            "PPROF_CPU is \"" + cpu + "\"; expected: samples, cpu-time or off")));
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
