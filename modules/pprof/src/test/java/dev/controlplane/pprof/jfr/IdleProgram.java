package dev.controlplane.pprof.jfr;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.StandardProfiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;

/** Has the kinds of profiles that record, and prints what that costs, or what a request says. */
final class IdleProgram {
  private IdleProgram() {}

  public static void main(String[] args) throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    boolean allocations = args[0].equals("allocations");
    Profiles profiles = StandardProfiles.builder().allocations(allocations).build().profiles();
    if (allocations) {
      collect(profiles, "allocs");
      collect(profiles, "heap");
      return;
    }
    var cpu = (ProfileKind.Window) profiles.find("profile").orElseThrow();
    var trace = (ProfileKind.Raw) profiles.find("trace").orElseThrow();
    if (args[0].equals("idle")) {
      Set<Thread> threads = Thread.getAllStackTraces().keySet();
      threads.removeAll(before);
      System.out.println("threads " + threads);
      System.out.println("recorder " + jdk.jfr.FlightRecorder.isInitialized());
      return;
    }
    if (args[0].equals("full")) {
      System.setProperty("java.io.tmpdir", "/proc"); // has no room
    }
    if (args[0].equals("descriptors")) {
      leaveDescriptors(15);
    }
    try {
      cpu.record(Duration.ofMillis(20), Parameters.NONE, Patience.SLEEP);
    } catch (IOException e) {
      System.out.println("profile: " + e.getMessage());
    }
    try {
      trace.record(
          Duration.ofMillis(20), Parameters.NONE, Patience.SLEEP, ByteArrayOutputStream::new);
    } catch (IOException e) {
      System.out.println("trace: " + e.getMessage());
    }
  }

  private static void leaveDescriptors(int count) throws Exception {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long limit = system.getOpenFileDescriptorCount() + count;
    String pid = String.valueOf(ProcessHandle.current().pid());
    int code =
        new ProcessBuilder("prlimit", "--pid", pid, "--nofile=" + limit + ":").start().waitFor();
    if (code != 0) {
      throw new IOException("prlimit ended with " + code);
    }
  }

  private static void collect(Profiles profiles, String name) throws Exception {
    var kind = (ProfileKind.Collected) profiles.find(name).orElseThrow();
    try {
      System.out.println(name + " has " + kind.collect(Parameters.NONE).total(3) + " bytes in use");
    } catch (IOException e) {
      System.out.println(name + ": " + e.getMessage());
    }
  }
}
