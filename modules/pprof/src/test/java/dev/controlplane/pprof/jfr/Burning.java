package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.ProfileKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Threads that burn CPU time in one known method until they are closed. */
final class Burning implements AutoCloseable {
  /** So much CPU time is worth some dozen samples, also on a machine that is busy. */
  private static final Duration ENOUGH = Duration.ofMillis(700);

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean on = true;
  private volatile long result;

  Burning on(Thread.Builder builder, Runnable work) {
    threads.add(builder.start(work));
    return this;
  }

  /** The method that is on top. */
  void hotLoop() {
    long sum = 1;
    while (on) {
      for (int i = 0; i < 1000; i++) {
        sum = sum * 31 + i;
      }
      result = sum;
    }
  }

  /** The same at the end of a deep stack. */
  void deepHotLoop(int depth) {
    if (depth > 0) {
      deepHotLoop(depth - 1);
    } else {
      hotLoop();
    }
  }

  /** Burns for a while. */
  void hotMoment(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    long sum = result;
    while (on && System.nanoTime() - end < 0) {
      for (int i = 0; i < 1000; i++) {
        sum = sum * 31 + i;
      }
    }
    result = sum;
  }

  /** As {@link #hotMoment}, told apart by its name. */
  void plainMoment(Duration time) {
    hotMoment(time);
  }

  /** As {@link #hotMoment}, told apart by its name. */
  void evenMoment(Duration time) {
    hotMoment(time);
  }

  /** As {@link #hotMoment}, told apart by its name. */
  void oddMoment(Duration time) {
    hotMoment(time);
  }

  boolean isOn() {
    return on;
  }

  /** Waits until this process has used enough CPU time. */
  static ProfileKind.Patience enough() {
    return time -> {
      Duration before = used();
      Await.until(
          () -> used().minus(before).compareTo(ENOUGH) >= 0,
          () -> "only " + used().minus(before) + " of CPU time");
      return true;
    };
  }

  private static Duration used() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  @Override
  public void close() {
    on = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
