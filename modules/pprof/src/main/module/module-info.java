/**
 * Go profiles of a JVM: what its threads, virtual and platform, are doing, for {@code go tool
 * pprof}, scrapers of Go servers and readers of Go stack dumps. Begin with {@link
 * dev.controlplane.pprof.StandardProfiles} or {@link dev.controlplane.pprof.GoroutineProfiler}.
 *
 * <p>On the module path, all threads are seen if the JVM is started with {@code --add-exports
 * java.base/jdk.internal.vm=dev.controlplane.pprof}, and labels are inherited with {@code
 * --add-opens java.base/java.lang=dev.controlplane.pprof}. Holders of locks are seen with {@code
 * --add-opens java.base/java.util.concurrent.locks=dev.controlplane.pprof}, those of monitors, for
 * deadlocks, with {@code --add-opens java.base/jdk.internal.vm=dev.controlplane.pprof}. With that,
 * and {@code --add-exports java.base/jdk.internal.misc=dev.controlplane.pprof}, a waiting virtual
 * thread that has not run since the last profile is not walked again.
 */
// The module of pprof-http is compiled later, and named in the manifest of its jar.
@SuppressWarnings("module")
module dev.controlplane.pprof {
  requires java.management;
  requires jdk.management;
  // Without Flight Recorder, only the profiles that it records are missing.
  requires static jdk.jfr;

  uses dev.controlplane.pprof.SpawnSites;

  exports dev.controlplane.pprof;
  exports dev.controlplane.pprof.census to
      dev.controlplane.pprof.http;
  exports dev.controlplane.pprof.contention;
  exports dev.controlplane.pprof.jfr;
  exports dev.controlplane.pprof.model;
  exports dev.controlplane.pprof.signal;
  exports dev.controlplane.pprof.writers;
}
