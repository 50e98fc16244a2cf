package dev.controlplane.pprof.sources;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The memory of this JVM in the words of Go's runtime.MemStats, as far as both know it:
 *
 * <ul>
 *   <li>{@code Alloc}, {@code HeapAlloc}, {@code HeapInuse}: bytes of objects on the heap, also of
 *       those that the next collection will free.
 *   <li>{@code TotalAlloc}: bytes allocated by all threads since the start. Missing if the JVM does
 *       not count them.
 *   <li>{@code HeapSys}: bytes that the heap has from the system. {@code Sys}: the same with code,
 *       classes and the like.
 *   <li>{@code NumGC}: collections so far, of all generations.
 * </ul>
 *
 * @since 0.1.0
 */
public final class MemStats {
  private MemStats() {}

  /** The numbers now, in Go's order. */
  public static Map<String, Long> now() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    MemoryUsage heap = memory.getHeapMemoryUsage();
    var numbers = new LinkedHashMap<String, Long>();
    numbers.put("Alloc", heap.getUsed());
    long allocated = allocated();
    if (allocated >= 0) {
      numbers.put("TotalAlloc", allocated);
    }
    numbers.put("Sys", heap.getCommitted() + memory.getNonHeapMemoryUsage().getCommitted());
    numbers.put("HeapAlloc", heap.getUsed());
    numbers.put("HeapSys", heap.getCommitted());
    numbers.put("HeapInuse", heap.getUsed());
    numbers.put("NumGC", collections());
    return numbers;
  }

  private static long allocated() {
    return ManagementFactory.getThreadMXBean() instanceof ThreadMXBean hotSpot
        ? hotSpot.getTotalThreadAllocatedBytes()
        : -1;
  }

  private static long collections() {
    long collections = 0;
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      // ZGC and Shenandoah have a second bean, which counts the pauses of each collection.
      if (!collector.getName().endsWith("Pauses")) {
        collections += Math.max(0, collector.getCollectionCount());
      }
    }
    return collections;
  }
}
