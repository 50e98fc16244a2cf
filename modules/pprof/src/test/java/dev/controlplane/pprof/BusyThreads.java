package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Profiles a JVM whose virtual threads never rest: {@code SOURCE COUNT}. Ends with 0 after so many
 * profiles, some at once, each of which had the threads in it.
 */
final class BusyThreads {
  private static final int THREADS = 12;
  private static final int PROFILERS = 4;
  private static final GoroutineProfiler PROFILER = GoroutineProfiler.create();

  private final AtomicBoolean on = new AtomicBoolean(true);
  private final Labels labels = Labels.of("kind", "busy");
  private final Object monitor = new Object();
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();

  private BusyThreads() {}

  public static void main(String[] args) throws Exception {
    Source source = Source.named(args[0]).orElseThrow();
    int profiles = Integer.parseInt(args[1]);
    var busy = new BusyThreads();
    busy.start();
    // Several at once get more of the cores, which the busy threads would have alone otherwise.
    var taken = new AtomicInteger();
    var profiling = new ArrayList<Future<?>>();
    try (ExecutorService profilers = Executors.newFixedThreadPool(PROFILERS)) {
      for (int i = 0; i < PROFILERS; i++) {
        profiling.add(
            profilers.submit(
                () -> {
                  for (int n = taken.getAndIncrement(); n < profiles; n = taken.getAndIncrement()) {
                    profile(source, n);
                  }
                  return null;
                }));
      }
    }
    for (Future<?> done : profiling) {
      done.get();
    }
    busy.on.set(false);
    System.out.println(profiles + " profiles");
    System.exit(0);
  }

  private static void profile(Source source, int n) throws IOException {
    OutputStream nowhere = OutputStream.nullOutputStream();
    long seen =
        switch (n % 8) {
          case 0 -> PROFILER.writeStacks(source, StackStyle.GO, nowhere);
          case 1 -> PROFILER.writePerGoroutine(source, nowhere);
          default -> {
            Profile profile = PROFILER.collect(source);
            ProfileWriter.write(profile, nowhere);
            yield profile.total(0);
          }
        };
    if (seen < THREADS) {
      throw new AssertionError("profile " + n + " has " + seen + " threads only");
    }
  }

  private void start() {
    for (int i = 0; i < THREADS / 6; i++) {
      forever(() -> LockSupport.parkNanos(1_000));
      forever(
          () -> {
            synchronized (monitor) {
              monitor.notifyAll();
              monitor.wait(1);
            }
          });
      forever(
          () -> {
            lock.lock();
            try {
              LockSupport.parkNanos(1);
            } finally {
              lock.unlock();
            }
          });
      forever(() -> Thread.sleep(0, 100_000));
      forever(
          () -> {
            Thread started =
                labels.call(() -> Thread.startVirtualThread(() -> LockSupport.parkNanos(1_000)));
            started.join();
          });
      forever(
          () -> {
            queue.put(1);
            if (queue.poll(1, TimeUnit.MILLISECONDS) == null) {
              LockSupport.parkNanos(1);
            }
          });
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws InterruptedException;
  }

  private void forever(Step step) {
    Thread.startVirtualThread(
        () -> {
          try {
            while (on.get()) {
              step.run();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
