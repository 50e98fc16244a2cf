package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.StandardProfiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/** Has the kinds of profiles that record, and prints what that costs, or what a request says. */
final class IdleProgram {
  private IdleProgram() {}

  public static void main(String[] args) throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Profiles profiles = StandardProfiles.builder().build().profiles();
    var cpu = (ProfileKind.Window) profiles.find("profile").orElseThrow();
    var trace = (ProfileKind.Raw) profiles.find("trace").orElseThrow();
    if (args[0].equals("idle")) {
      Set<Thread> threads = Thread.getAllStackTraces().keySet();
      threads.removeAll(before);
      System.out.println("threads " + threads);
      System.out.println("recorder " + jdk.jfr.FlightRecorder.isInitialized());
      return;
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
}
