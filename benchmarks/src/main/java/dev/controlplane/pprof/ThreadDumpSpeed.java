package dev.controlplane.pprof;

import dev.controlplane.pprof.tool.Converter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Thread dumps in JSON, read and counted by stack. One operation is a MB: operations are MB/s. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class ThreadDumpSpeed {
  private static final int MEGABYTES = 64;
  private static final int SIZE = MEGABYTES * 1_000_000;

  private byte[] dump;

  /** Makes a dump as JDK 25 writes it, with some hundred different stacks. */
  @Setup
  public void write() throws IOException {
    dump = new GeneratedDump(Long.MAX_VALUE, SIZE).readAllBytes();
  }

  /** From memory, so that the disk has no part in it. */
  @Benchmark
  @OperationsPerInvocation(MEGABYTES)
  public long readAndCount() throws IOException {
    return count(new ByteArrayInputStream(dump));
  }

  /** Reads a dump from a file and counts its stacks. */
  public static void read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      count(in);
    }
  }

  /** Counts the stacks of a dump; how many threads were read and counted. */
  public static long count(InputStream in) throws IOException {
    return new Converter(in, OutputStream::nullOutputStream, Long.MAX_VALUE)
        .convert(Converter.Format.PB)
        .written();
  }
}
