package dev.controlplane.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption.Origin;
import dev.controlplane.pprof.Goroutines;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;

/**
 * Gives memory back to the system that the heap does not need once nothing happens any more.
 *
 * <p>G1 takes regions for what is opened and thrown away at once, a start or a few thousand
 * streams, and gives them back after a concurrent cycle; where nothing is allocated afterwards no
 * cycle comes. JEP 346 has one begin at a fixed interval, needed or not: with 15,000 streams each
 * takes a quarter of a second of CPU. Here that is switched on for one cycle, when the heap has
 * grown since the last and the server has been quiet for {@link #LOOK}. Of what a cycle leaves, the
 * heap keeps a tenth to a fifth free ({@code MinHeapFreeRatio}, {@code MaxHeapFreeRatio}); the
 * JVM's own defaults are 40 and 70 per cent.
 *
 * <p>Who sets one of these flags on the command line, or takes another collector, gets what they
 * chose. The flags are ones that the JVM lets a running process change ({@code manageable}), for a
 * jar cannot name any.
 */
final class IdleHeap {
  /** Between two looks at the heap. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** What a quiet server allocates between two looks at most, in bytes. */
  private static final long QUIET = 1 << 20;

  /**
   * Growth below which a cycle is not worth it, in bytes; or an eighth of the heap, if that is
   * more.
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

  /** Begins to look after the heap of this process, if it is G1's. */
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
   * Has G1 begin a cycle, which it does within a second, and waits until it has resized the heap.
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

  /** The heap at one moment, in bytes, and how often it was collected until then. */
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
