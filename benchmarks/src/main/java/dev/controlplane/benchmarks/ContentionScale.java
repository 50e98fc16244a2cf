package dev.controlplane.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.model.Profile;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The profiles {@code block} and {@code mutex}: what they say of waits whose length is known, and
 * what the sampler costs beside many threads: {@code contention [THREADS [SECONDS]]}.
 *
 * <p>The waits: eight threads take one lock in turns and sleep while they hold it. Each measures
 * how long it waited. The cost: threads of which half wait for a queue, a quarter sleep and a
 * quarter wake up every 100 ms; the CPU time of the whole process without and with the sampler.
 */
final class ContentionScale {
  private static final int CONTENDERS = 8;

  private ContentionScale() {}

  static void main(String[] args) throws Exception {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    for (boolean virtual : new boolean[] {true, false}) {
      for (boolean monitor : new boolean[] {false, true}) {
        for (int hold : new int[] {1, 5, 20, 100}) {
          accuracy(virtual, monitor, hold, seconds / 2);
        }
      }
    }
    cost(threads, seconds);
    System.exit(0);
  }

  private static void accuracy(boolean virtual, boolean monitor, int hold, int seconds)
      throws Exception {
    var waited = new LongAdder();
    var waits = new LongAdder();
    var lock = new ReentrantLock(true);
    var object = new Object();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Profile block;
    Profile mutex;
    try (Contention contention = Contention.builder().start()) {
      List<Thread> contenders = new ArrayList<>();
      for (int i = 0; i < CONTENDERS; i++) {
        contenders.add(
            (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
                .start(
                    () -> {
                      while (System.nanoTime() < end) {
                        if (monitor) {
                          contendForMonitor(object, hold, waited, waits);
                        } else {
                          contendForLock(lock, hold, waited, waits);
                        }
                        sleep(1); // lets the others in, as a monitor is not fair
                      }
                    }));
      }
      for (Thread contender : contenders) {
        contender.join();
      }
      block = contention.block().collect(ProfileKind.Parameters.NONE);
      mutex = contention.mutex().collect(ProfileKind.Parameters.NONE);
    }
    long delay = sum(block, 1, "");
    long mutexDelay = sum(mutex, 1, "");
    System.out.printf(
        "%s %s hold %d ms: waited %.2f s in %d waits; block %.2f of it, %.2f of the waits; mutex"
            + " %.2f, of that to holders %.2f%n",
        virtual ? "virtual" : "platform",
        monitor ? "synchronized" : "ReentrantLock",
        hold,
        waited.sum() / 1e9,
        waits.sum(),
        (double) delay / waited.sum(),
        (double) sum(block, 0, "") / waits.sum(),
        (double) mutexDelay / waited.sum(),
        (double) sum(mutex, 1, "holder") / Math.max(1, mutexDelay));
  }

  /** Sums one value over the stacks of the contenders; those attributed to one side, if given. */
  private static long sum(Profile profile, int value, String side) {
    var sum = new LongAdder();
    profile.forEach(
        (stack, labels, values) -> {
          boolean wanted = side.isEmpty() || side.equals(labels.pairs().get("attributed_to"));
          boolean contends =
              Arrays.stream(stack.frames)
                  .anyMatch(frame -> frame.function.name.contains("ContentionScale.contendFor"));
          if (wanted && contends) {
            sum.add(values[value]);
          }
        });
    return sum.sum();
  }

  private static void contendForMonitor(
      Object object, int hold, LongAdder waited, LongAdder waits) {
    long from = System.nanoTime();
    synchronized (object) {
      waited.add(System.nanoTime() - from);
      waits.increment();
      sleep(hold);
    }
  }

  private static void contendForLock(
      ReentrantLock lock, int hold, LongAdder waited, LongAdder waits) {
    long from = System.nanoTime();
    lock.lock();
    try {
      waited.add(System.nanoTime() - from);
      waits.increment();
      sleep(hold);
    } finally {
      lock.unlock();
    }
  }

  private static void cost(int threads, int seconds) throws Exception {
    for (int i = 0; i < threads; i++) {
      int kind = i % 4;
      Thread.startVirtualThread(
          () -> {
            try {
              switch (kind) {
                case 0, 1 -> deeper(12, () -> new LinkedBlockingQueue<>().take());
                case 2 -> deeper(12, () -> TimeUnit.DAYS.sleep(1));
                default -> deeper(12, ContentionScale::wakeUpOften);
              }
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
    }
    Thread.sleep(2000);
    cpu(2);
    double without = cpu(seconds);
    try (Contention contention = Contention.builder().start()) {
      cpu(10); // to warm up
      double with = cpu(seconds);
      System.out.printf(
          "%d threads: CPU of the process without the sampler %.2f %% of a core, with it %.2f %%;"
              + " interval %d ms%n",
          threads, without * 100, with * 100, contention.interval().toMillis());
    }
    System.out.printf("without again %.2f %%%n", cpu(seconds) * 100);
  }

  private static void wakeUpOften() throws InterruptedException {
    while (true) {
      new LinkedBlockingQueue<>().poll(100, TimeUnit.MILLISECONDS);
    }
  }

  @FunctionalInterface
  private interface Task {
    void run() throws Exception;
  }

  private static void deeper(int depth, Task task) throws Exception {
    if (depth == 0) {
      task.run();
    } else {
      deeper(depth - 1, task);
    }
  }

  private static double cpu(int seconds) throws InterruptedException {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long from = System.nanoTime();
    long cpu = system.getProcessCpuTime();
    Thread.sleep(seconds * 1000L);
    return (double) (system.getProcessCpuTime() - cpu) / (System.nanoTime() - from);
  }

  private static void sleep(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
