package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.Labels;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.model.Profile;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Starts and ends virtual threads as fast as it can, and takes each recorded profile meanwhile,
 * some at once. Prints a line for each: its name and the methods of this program that it has.
 */
final class ChurningProgram {
  private static final Object[] LAST = new Object[1];
  private static volatile boolean on = true;
  private static volatile long result;

  private ChurningProgram() {}

  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    try (StandardProfiles standard = StandardProfiles.builder().allocations(true).build()) {
      Profiles profiles = standard.profiles();
      for (int i = 0; i < 4; i++) {
        Thread.startVirtualThread(ChurningProgram::churn);
      }
      var trace = (ProfileKind.Raw) profiles.find("trace").orElseThrow();
      var cpu = (ProfileKind.Window) profiles.find("profile").orElseThrow();
      for (int round = 0; round < rounds; round++) {
        Thread tracing =
            Thread.startVirtualThread(
                () -> {
                  try {
                    trace.record(
                        Duration.ofSeconds(1),
                        Parameters.NONE,
                        Patience.SLEEP,
                        OutputStream::nullOutputStream);
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
        print("profile", cpu.record(Duration.ofSeconds(2), Parameters.NONE, Patience.SLEEP), 1);
        for (String name : new String[] {"allocs", "heap"}) {
          var kind = (ProfileKind.Cumulative) profiles.find(name).orElseThrow();
          print(name, kind.collect(Parameters.NONE), 1);
        }
        tracing.join();
      }
    }
    on = false;
    System.exit(0);
  }

  private static void print(String name, Profile profile, int value) {
    Samples samples = Samples.of(profile);
    System.out.println(
        name
            + (samples.of("ChurningProgram.work", value) > 0 ? " work" : "")
            + (samples.of("ChurningProgram.allocate", value) > 0 ? " allocate" : ""));
  }

  private static void churn() {
    Labels labels = Labels.of("kind", "short");
    while (on) {
      labels.run(() -> Thread.startVirtualThread(ChurningProgram::live));
      LockSupport.parkNanos(20_000);
    }
  }

  private static void live() {
    work();
    LockSupport.parkNanos(100_000);
    allocate();
  }

  private static void work() {
    long sum = result;
    for (int i = 0; i < 200_000; i++) {
      sum = sum * 31 + i;
    }
    result = sum;
  }

  private static void allocate() {
    for (int i = 0; i < 200; i++) {
      LAST[0] = new byte[1000];
    }
  }
}
