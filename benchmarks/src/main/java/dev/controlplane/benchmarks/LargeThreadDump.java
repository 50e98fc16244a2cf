package dev.controlplane.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.controlplane.pprof.GeneratedDump;
import dev.controlplane.pprof.ThreadDumpSpeed;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;

/**
 * A thread dump of any size, read and counted by stack: {@code dump THREADS} or {@code dump SIZE},
 * such as {@code 10GB}; the dump is made while it is read and needs no disk. Prints the speed and
 * what the heap had to hold.
 */
final class LargeThreadDump {
  private LargeThreadDump() {}

  static void main(String[] args) throws IOException {
    String much = args.length == 1 ? args[0] : "1000000";
    var dump =
        much.endsWith("GB")
            ? new GeneratedDump(
                Long.MAX_VALUE, Long.parseLong(much.replace("GB", "")) * 1_000_000_000)
            : new GeneratedDump(Long.parseLong(much), Long.MAX_VALUE);
    long start = System.nanoTime();
    long counted = ThreadDumpSpeed.count(dump);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (counted != dump.threads()) {
      throw new IOException(counted + " of " + dump.threads() + " threads were counted");
    }
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long heap =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .mapToLong(pool -> pool.getPeakUsage().getUsed())
            .sum();
    System.out.printf(
        "%d threads, %d MB: %.0f MB/s, %.1f s of CPU, making it included; heap at most %d of %d"
            + " MB%n",
        counted,
        dump.made() / 1_000_000,
        dump.made() / 1e6 / seconds,
        system.getProcessCpuTime() / 1e9,
        heap >> 20,
        Runtime.getRuntime().maxMemory() >> 20);
  }
}
