package dev.controlplane.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.SummaryMetricFamily;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The process and its JVM, with the names that Prometheus's client libraries give them: {@code
 * process_*} and {@code jvm_*}. Everything is read when it is asked for.
 */
final class ProcessMetrics {
  private static final AtomicBoolean SHOWN = new AtomicBoolean();
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";
  private static final double MILLIS = TimeUnit.SECONDS.toMillis(1);
  private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

  private ProcessMetrics() {}

  /** Shows the release of a server, and once in a process what the process needs. */
  static void show(MeterRegistry registry, String server, String version) {
    registry.getOrCreate(
        Gauge.builder("controlplane.build.info", () -> 1)
            .description("The server's release and its JDK; always 1")
            .tags(
                List.of(
                    Tag.create("server", server),
                    Tag.create("version", version),
                    Tag.create("jdk", Runtime.version().toString()))));
    if (SHOWN.compareAndSet(false, true)) {
      Families.add(registry, ProcessMetrics::all);
    }
  }

  private static List<MetricFamilySamples> all() {
    List<MetricFamilySamples> all = new ArrayList<>();
    process(all);
    memory(all);
    garbageCollection(all);
    all.add(
        new GaugeMetricFamily(
            "jvm_threads",
            "Platform threads that live; virtual threads are not counted",
            ManagementFactory.getThreadMXBean().getThreadCount()));
    return all;
  }

  private static void process(List<MetricFamilySamples> all) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      all.add(
          new CounterMetricFamily(
              "process_cpu_seconds",
              "CPU time of the process",
              system.getProcessCpuTime() / NANOS));
      all.add(
          new GaugeMetricFamily(
              "process_open_fds",
              "Open file descriptors",
              (double) system.getOpenFileDescriptorCount()));
      all.add(
          new GaugeMetricFamily(
              "process_max_fds",
              "File descriptors that may be open",
              (double) system.getMaxFileDescriptorCount()));
    }
    long resident = resident();
    if (resident > 0) {
      all.add(
          new GaugeMetricFamily(
              "process_resident_memory_bytes", "Memory of the process in RAM", (double) resident));
    }
    all.add(
        new GaugeMetricFamily(
            "process_start_time_seconds",
            "When the process started, since 1970",
            ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS));
  }

  /** Bytes of memory in RAM; 0 where the system does not say. */
  private static long resident() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(RESIDENT)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not a Linux.
    }
    return 0;
  }

  private static void memory(List<MetricFamilySamples> all) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    MemoryUsage heap = memory.getHeapMemoryUsage();
    MemoryUsage other = memory.getNonHeapMemoryUsage();
    List<String> area = List.of("area");
    all.add(
        new GaugeMetricFamily("jvm_memory_used_bytes", "Memory that the JVM uses", area)
            .addMetric(List.of("heap"), (double) heap.getUsed())
            .addMetric(List.of("nonheap"), (double) other.getUsed()));
    all.add(
        new GaugeMetricFamily(
                "jvm_memory_committed_bytes", "Memory that the JVM has taken from the system", area)
            .addMetric(List.of("heap"), (double) heap.getCommitted())
            .addMetric(List.of("nonheap"), (double) other.getCommitted()));
    all.add(
        new GaugeMetricFamily("jvm_memory_max_bytes", "Memory that the JVM may take", area)
            .addMetric(List.of("heap"), (double) heap.getMax()));
    GaugeMetricFamily buffers =
        new GaugeMetricFamily(
            "jvm_buffer_pool_used_bytes", "Memory of buffers outside the heap", List.of("pool"));
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      buffers.addMetric(List.of(pool.getName()), (double) pool.getMemoryUsed());
    }
    all.add(buffers);
  }

  private static void garbageCollection(List<MetricFamilySamples> all) {
    SummaryMetricFamily times =
        new SummaryMetricFamily(
            "jvm_gc_collection_seconds", "Time of garbage collections", List.of("gc"));
    for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
      times.addMetric(
          List.of(gc.getName()), (double) gc.getCollectionCount(), gc.getCollectionTime() / MILLIS);
    }
    all.add(times);
  }
}
