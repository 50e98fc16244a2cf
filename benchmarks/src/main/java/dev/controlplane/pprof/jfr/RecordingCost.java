package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.ProfileKind.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * What the profiles of the Flight Recorder cost a program that allocates as fast as it can: CPU
 * time for a piece of work, with each of them and without any, in turns within one process. {@code
 * ROUNDS SECONDS}: how many turns, and the length of each.
 */
public final class RecordingCost {
  private static final int THREADS = 16;

  private final LongAdder done = new LongAdder();
  private volatile boolean on = true;

  private RecordingCost() {}

  /** Runs it and prints a line for each window. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    Duration window = Duration.ofMillis((long) (1000 * Double.parseDouble(args[1])));
    new RecordingCost().measure(rounds, window);
    System.exit(0);
  }

  private void measure(int rounds, Duration window) throws Exception {
    idle(window);
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(Thread.startVirtualThread(this::work));
    }
    List<String> ways = new ArrayList<>(List.of("none", "allocs", "profile", "cpu-time"));
    for (String way : ways) {
      window(way, window); // warm-up
    }
    for (int round = 0; round < rounds; round++) {
      for (String way : ways) {
        System.out.printf("%s %.1f ns%n", way, window(way, window));
      }
      ways.add(ways.removeFirst());
    }
    requests();
    on = false;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** CPU time of a process that does nothing, with and without the recording that always runs. */
  private static void idle(Duration window) throws Exception {
    Duration longer = window.multipliedBy(5);
    System.out.printf("idle none %.2f ms/s%n", idleWindow(longer));
    try (AllocsProfile allocs = AllocsProfile.start()) {
      allocs.collect(Parameters.NONE);
      Thread.sleep(longer); // warm-up
      System.out.printf("idle allocs %.2f ms/s%n", idleWindow(longer));
    }
  }

  private static double idleWindow(Duration window) throws Exception {
    Duration before = used();
    Thread.sleep(window);
    return used().minus(before).toNanos() / 1e6 / (window.toNanos() / 1e9);
  }

  /** How long requests take under this load. */
  private static void requests() throws Exception {
    try (AllocsProfile allocs = AllocsProfile.start()) {
      allocs.collect(Parameters.NONE);
      Thread.sleep(2000);
      var heap = new HeapProfile(allocs);
      System.out.printf("request allocs %.1f ms%n", median(() -> allocs.collect(Parameters.NONE)));
      System.out.printf("request heap %.1f ms%n", median(() -> heap.collect(Parameters.NONE)));
    }
    var byClass = new HeapProfile();
    System.out.printf(
        "request heap-by-class %.1f ms%n", median(() -> byClass.collect(Parameters.NONE)));
    var cpu = new CpuProfile(CpuProfile.Source.SAMPLES);
    System.out.printf(
        "request profile-beyond-its-seconds %.1f ms%n",
        median(() -> cpu.record(Duration.ofMillis(500), Parameters.NONE, Patience.SLEEP)) - 500);
  }

  private interface Request {
    Object run() throws Exception;
  }

  private static double median(Request request) throws Exception {
    double[] times = new double[9];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      request.run();
      times[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  /** CPU nanoseconds for a piece of work during a window. */
  private double window(String way, Duration window) throws Exception {
    return switch (way) {
      case "allocs" -> {
        try (AllocsProfile allocs = AllocsProfile.start()) {
          allocs.collect(Parameters.NONE);
          yield perPiece(window);
        }
      }
      case "profile" -> recorded(CpuProfile.Source.SAMPLES, window);
      case "cpu-time" -> recorded(CpuProfile.Source.CPU_TIME, window);
      default -> perPiece(window);
    };
  }

  private double recorded(CpuProfile.Source source, Duration window) throws Exception {
    double[] found = {0};
    new CpuProfile(source)
        .record(
            window,
            Parameters.NONE,
            time -> {
              found[0] = perPiece(time);
              return true;
            });
    return found[0];
  }

  private double perPiece(Duration window) throws InterruptedException {
    Thread.sleep(200); // what was started settles
    long pieces = done.sum();
    Duration before = used();
    Thread.sleep(window);
    return (double) used().minus(before).toNanos() / (done.sum() - pieces);
  }

  private static Duration used() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  private void work() {
    int i = 0;
    while (on) {
      long sum = piece(i++);
      if (sum == 42) {
        System.out.println(); // so that the work is needed
      }
      done.increment();
      if (i % 64 == 0) {
        LockSupport.parkNanos(1); // unmounts, as requests do when they wait
      }
    }
  }

  /** What a small request does: some 4 KB of texts and a map. */
  private static long piece(int seed) {
    Map<String, String> pairs = new HashMap<>();
    for (int i = 0; i < 16; i++) {
      pairs.put("key-" + (seed + i), "value-" + seed * 31 + "-" + i);
    }
    long sum = 0;
    for (Map.Entry<String, String> pair : pairs.entrySet()) {
      sum += pair.getKey().hashCode() ^ pair.getValue().hashCode();
    }
    return sum;
  }
}
