package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Profiles of parked virtual threads with forty different stacks, and each way of writing them
 * down. What writes from a profile is given one; what writes while it looks does both.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ProfileSpeed {
  private static final int DEPTHS = 20;

  /** How many threads. */
  @Param({"1000", "10000", "100000"})
  public int threads;

  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> parked = new ArrayList<>();
  private final GoroutineProfiler profiler = GoroutineProfiler.create();
  private final OutputStream nowhere = OutputStream.nullOutputStream();
  private Profile profile;

  /** Starts the threads. */
  @Setup
  public void park() throws Exception {
    CountDownLatch started = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      int depth = 1 + i / 2 % DEPTHS;
      boolean timed = i % 2 == 0;
      parked.add(
          Thread.startVirtualThread(
              () -> {
                started.countDown();
                descend(depth, timed);
              }));
    }
    started.await();
    profile = profiler.collect(Source.LIVE);
  }

  private void descend(int depth, boolean timed) {
    if (depth > 0) {
      descend(depth - 1, timed);
      return;
    }
    try {
      if (timed) {
        end.await(1, TimeUnit.HOURS);
      } else {
        end.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends them. */
  @TearDown
  public void unpark() throws InterruptedException {
    end.countDown();
    for (Thread thread : parked) {
      thread.join();
    }
  }

  /** Threads to counted stacks. */
  @Benchmark
  public Profile collect() throws IOException {
    return profiler.collect(Source.LIVE);
  }

  /** {@code debug=0} of a profile that is there. */
  @Benchmark
  public void writeBinary() throws IOException {
    ProfileWriter.write(profile, nowhere);
  }

  /** {@code debug=1} of a profile that is there. */
  @Benchmark
  public void writeText() throws IOException {
    ProfileText.write(profile, nowhere);
  }

  /** {@code debug=2}, looking included. */
  @Benchmark
  public long writeStacks() throws IOException {
    return profiler.writeStacks(Source.LIVE, StackStyle.GO, nowhere);
  }

  /** {@code debug=3}, looking included. */
  @Benchmark
  public long writePerGoroutine() throws IOException {
    return profiler.writePerGoroutine(Source.LIVE, nowhere);
  }
}
