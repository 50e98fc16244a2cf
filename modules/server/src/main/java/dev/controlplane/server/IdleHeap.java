package dev.controlplane.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption.Origin;
import dev.controlplane.pprof.Goroutines;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;

/**
 * Returns unneeded heap memory to the system once the server is idle.
 *
 * <p>Why: G1 allocates regions for short-lived objects, for example during the start or for a few
 * thousand streams, and returns them after a concurrent cycle. A server that then allocates nothing
 * gets no cycle. JEP 346 starts cycles at a fixed interval, needed or not; with 15,000 streams each
 * takes a quarter of a second of CPU time.
 *
 * <p>How: this class switches the interval on for a single cycle, when the heap has grown since the
 * last one and the server has been quiet for {@link #LOOK}. After a cycle the heap keeps 10 to 20
 * per cent free ({@code MinHeapFreeRatio}, {@code MaxHeapFreeRatio}) instead of the JVM's 40 to 70.
 *
 * <p>If the operator sets one of these flags, or chooses another collector, this class leaves them
 * alone. It uses only flags that can be changed at run time ({@code manageable}), because a jar
 * can't specify JVM flags.
 */
final class IdleHeap {
  /** The interval between two checks of the heap. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** The most that a quiet server allocates between two checks, in bytes. */
  private static final long QUIET = 1 << 20;

  /**
   * The least growth for which a cycle is run, in bytes; or an eighth of the heap if that is more.
   */
  private static final long WORTH = 4 << 20;

  private static final Duration CYCLE_LIMIT = Duration.ofSeconds(5);
  private static final Duration CYCLE_LOOK = Duration.ofMillis(50);
  private static final String INTERVAL = "G1PeriodicGCInterval";

  private final HotSpotDiagnosticMXBean jvm;
  private final List<GarbageCollectorMXBean> collectors;
  private final GarbageCollectorMXBean concurrent;

  private IdleHeap(
      HotSpotDiagnosticMXBean jvm,
      List<GarbageCollectorMXBean> collectors,
      GarbageCollectorMXBean concurrent) {
    this.jvm = jvm;
    this.collectors = collectors;
    this.concurrent = concurrent;
  }

  /** Starts the checks for this process if it uses G1. */
  static void lookAfter() {
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    GarbageCollectorMXBean concurrent =
        collectors.stream()
            .filter(collector -> collector.getName().equals("G1 Concurrent GC"))
            .findFirst()
            .orElse(null);
    HotSpotDiagnosticMXBean jvm =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (concurrent == null || !isDefault(jvm, INTERVAL)) {
      return;
    }
    if (isDefault(jvm, "MinHeapFreeRatio") && isDefault(jvm, "MaxHeapFreeRatio")) {
      jvm.setVMOption("MinHeapFreeRatio", "10");
      jvm.setVMOption("MaxHeapFreeRatio", "20");
    }
    IdleHeap heap = new IdleHeap(jvm, collectors, concurrent);
    Goroutines.start("idle heap", heap::run);
  }

  private static boolean isDefault(HotSpotDiagnosticMXBean jvm, String flag) {
    return jvm.getVMOption(flag).getOrigin() == Origin.DEFAULT;
  }

  private void run() {
    Heap collected = new Heap(0, 0, 0);
    try {
      Heap before = now();
      while (true) {
        Thread.sleep(LOOK);
        Heap now = now();
        if (now.isQuietSince(before) && now.hasGrownSince(collected)) {
          collect();
          now = now();
          collected = now;
        }
        before = now;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Makes G1 start a cycle, which it does within a second, and waits until the heap was resized.
   */
  private void collect() throws InterruptedException {
    long cycles = concurrent.getCollectionCount();
    long begun = System.nanoTime();
    jvm.setVMOption(INTERVAL, Long.toString(LOOK.toMillis() / 2));
    try {
      while (concurrent.getCollectionCount() == cycles
          && System.nanoTime() - begun < CYCLE_LIMIT.toNanos()) {
        Thread.sleep(CYCLE_LOOK);
      }
    } finally {
      jvm.setVMOption(INTERVAL, "0");
    }
  }

  private Heap now() {
    Runtime runtime = Runtime.getRuntime();
    long collections = 0;
    for (GarbageCollectorMXBean collector : collectors) {
      collections += collector.getCollectionCount();
    }
    long committed = runtime.totalMemory();
    return new Heap(committed, committed - runtime.freeMemory(), collections);
  }

  /** The state of the heap at one moment: sizes in bytes, and the number of collections so far. */
  private record Heap(long committed, long used, long collections) {
    boolean isQuietSince(Heap before) {
      return collections == before.collections && used - before.used <= QUIET;
    }

    boolean hasGrownSince(Heap before) {
      long worth = Math.max(WORTH, before.committed / 8);
      return used - before.used >= worth || committed - before.committed >= worth;
    }
  }
}
