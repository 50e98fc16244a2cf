package dev.controlplane.pprof.jfr;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;

/** Does one thing of each kind that a recording can show, and writes it to a file. */
public final class RecordedProgram {
  private static final Duration CPU_TIME = Duration.ofMillis(1500);
  private static final Object MONITOR = new Object();
  private static final List<Object> KEPT = new ArrayList<>();
  private static final Object[] LAST = new Object[1];
  private static long result;

  private RecordedProgram() {}

  /** The file to write, and {@code nothing} to record nothing. */
  public static void main(String[] args) throws Exception {
    try (var recording = new Recording()) {
      if (args.length == 1) {
        recording.enable("jdk.ActiveSetting");
        recording.enable("jdk.CPUTimeSample").with("throttle", "10ms");
        recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
        recording.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s");
        recording.enable("jdk.JavaMonitorEnter").withThreshold(Duration.ofMillis(1));
        recording.enable("jdk.OldObjectSample").with("cutoff", "0 ns");
      }
      recording.start();
      if (args.length == 1) {
        leak();
        burn();
        allocate();
        contend();
        System.gc();
      }
      recording.stop();
      recording.dump(Path.of(args[0]));
    }
  }

  private static Duration used() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  private static void burn() {
    Duration end = used().plus(CPU_TIME);
    while (used().compareTo(end) < 0) {
      for (int i = 0; i < 10_000_000; i++) {
        result = result * 31 + i;
      }
    }
  }

  private static void allocate() {
    for (int i = 0; i < 500_000; i++) {
      LAST[0] = new byte[1000];
    }
  }

  private static void leak() {
    for (int i = 0; i < 3000; i++) {
      KEPT.add(new byte[10_000]);
    }
  }

  private static void contend() throws InterruptedException {
    Thread waiting;
    synchronized (MONITOR) {
      waiting = Thread.ofPlatform().start(RecordedProgram::enter);
      while (waiting.getState() != Thread.State.BLOCKED) {
        Thread.sleep(1);
      }
      Thread.sleep(50);
    }
    waiting.join();
  }

  private static void enter() {
    synchronized (MONITOR) {
      KEPT.add(MONITOR);
    }
  }
}
