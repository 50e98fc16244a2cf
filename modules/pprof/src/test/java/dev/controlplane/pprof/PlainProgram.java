package dev.controlplane.pprof;

import dev.controlplane.pprof.signal.QuitDumps;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** A program with many threads that takes each form of its own profile, by each source. */
final class PlainProgram {
  static final int THREADS = 2_000;

  private PlainProgram() {}

  public static void main(String[] args) throws Exception {
    var started = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      Labels.of("kind", "plain")
          .run(
              () ->
                  Thread.startVirtualThread(
                      () -> {
                        started.countDown();
                        parkHere();
                      }));
    }
    started.await();
    Goroutines.start("recorded", PlainProgram::parkHere);
    try (StandardProfiles standard = StandardProfiles.builder().build();
        OutputStream file = Files.newOutputStream(Path.of("goroutine.pb.gz"))) {
      var goroutine = (ProfileKind.Snapshot) standard.profiles().find("goroutine").orElseThrow();
      ProfileWriter.write(goroutine.collect(ProfileKind.Parameters.NONE), file);
      goroutine.writeText(2, ProfileKind.Parameters.NONE, System.out);
      var profiler = GoroutineProfiler.create();
      ProfileText.write(profiler.collect(Source.HOTSPOT), System.out);
    }
    try {
      QuitDumps.install("plain", Path.of(""), GoroutineProfiler.create()).close();
      System.out.println("dumps on SIGQUIT");
    } catch (UnsupportedOperationException e) {
      System.out.println("no dumps on SIGQUIT: " + e.getMessage());
    }
    System.exit(0);
  }

  private static void parkHere() {
    LockSupport.park();
  }
}
