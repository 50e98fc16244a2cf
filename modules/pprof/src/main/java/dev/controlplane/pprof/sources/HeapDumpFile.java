package dev.controlplane.pprof.sources;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A dump of this JVM's heap in a temporary file, mapped into memory. The file is private, in a
 * directory that nobody else can enter. Closing it frees the disk.
 *
 * <p>The JVM pauses while it collects garbage and writes the dump.
 */
public final class HeapDumpFile implements AutoCloseable {
  private final Path directory;
  private final List<FileChannel> files = new ArrayList<>();
  private ByteBuffer bytes;

  private HeapDumpFile(Path directory) {
    this.directory = directory;
  }

  /**
   * Takes a dump.
   *
   * @param maxBytes a bound of the heap in use
   * @throws IOException if more is in use, there is no space on the disk, or the JVM can't dump
   */
  public static HeapDumpFile take(long maxBytes) throws IOException {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long used = memory.getHeapMemoryUsage().getUsed();
    if (used > maxBytes) {
      memory.gc(); // garbage is not dumped
      used = memory.getHeapMemoryUsage().getUsed();
    }
    if (used > maxBytes) {
      throw new IOException(
          "the heap has %d MB in use, and a dump of it is limited to %d MB"
              .formatted(used >> 20, maxBytes >> 20));
    }
    var hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (hotSpot == null) {
      throw new IOException("this JVM has no heap dump");
    }
    var dump =
        new HeapDumpFile(
            Files.createTempDirectory("goroutineleak-" + ProcessHandle.current().pid() + "-")
                .toAbsolutePath());
    try {
      if (Files.getFileStore(dump.directory).getUsableSpace() < 2 * used) {
        throw new IOException(
            "a dump of the heap needs %d MB in the directory for temporary files, where less is free"
                .formatted((2 * used) >> 20));
      }
      Libc.keepFilesPrivate(dump.directory);
      Path file = dump.directory.resolve("heap.hprof");
      hotSpot.dumpHeap(file.toString(), true);
      dump.bytes = dump.map(file, FileChannel.MapMode.READ_ONLY, Files.size(file));
      return dump;
    } catch (Throwable e) {
      dump.close();
      throw e;
    }
  }

  /** The dump. */
  public ByteBuffer bytes() {
    return bytes;
  }

  /** A table beside the dump, all zero: it takes no space in the heap that was dumped. */
  public ByteBuffer table(long size) throws IOException {
    return map(directory.resolve("table-" + files.size()), FileChannel.MapMode.READ_WRITE, size);
  }

  private MappedByteBuffer map(Path file, FileChannel.MapMode mode, long size) throws IOException {
    if (size > Integer.MAX_VALUE) {
      throw new IOException(
          "the heap is too large: a file of %d MB would be needed".formatted(size >> 20));
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    files.add(channel);
    return channel.map(mode, 0, size);
  }

  @Override
  public void close() throws IOException {
    bytes = null;
    for (FileChannel file : files) {
      // The mapping keeps the file's blocks until it is collected, unless they are cut off.
      file.truncate(0);
      file.close();
    }
    try (var left = Files.list(directory)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
