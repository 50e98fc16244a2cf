package dev.controlplane.pprof;

import java.io.OutputStream;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Profiles a JVM whose virtual threads never rest: {@code SOURCE COUNT}. Ends with 0 after so many
 * profiles, each of which had the threads in it.
 */
final class BusyThreads {
  private static final int THREADS = 24;

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
    GoroutineProfiler profiler = GoroutineProfiler.create();
    for (int i = 0; i < profiles; i++) {
      long seen =
          switch (i % 8) {
            case 0 -> profiler.writeStacks(source, StackStyle.GO, OutputStream.nullOutputStream());
            case 1 -> profiler.writePerGoroutine(source, OutputStream.nullOutputStream());
            default -> {
              GoroutineProfile profile = profiler.collect(source);
              profile.writeBinary(OutputStream.nullOutputStream());
              yield profile.total();
            }
          };
      if (seen < THREADS) {
        throw new AssertionError("profile " + i + " has " + seen + " threads only");
      }
    }
    busy.on.set(false);
    System.out.println(profiles + " profiles");
    System.exit(0);
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
