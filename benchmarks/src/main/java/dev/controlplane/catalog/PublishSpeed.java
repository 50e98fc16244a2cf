package dev.controlplane.catalog;

import dev.controlplane.benchmarks.Scratch;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Versions made durable in the catalog, blobs left out: with one writer each has an fsync of its
 * own, with 32 they share.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class PublishSpeed {
  private final AtomicLong number = new AtomicLong();
  private final StoredBlob blob = new StoredBlob(Digest.of(new byte[32]), 1024);
  private Scratch scratch;
  private Catalog catalog;

  /** Makes an empty catalog. */
  @Setup
  public void open() throws IOException {
    scratch = new Scratch();
    catalog = DataDirectory.openCatalog(scratch.directory());
  }

  /** Removes it. */
  @TearDown
  public void close() throws IOException {
    catalog.close();
    scratch.close();
  }

  /** One after the other. */
  @Benchmark
  @Threads(1)
  public Object oneWriter() {
    return publish();
  }

  /** At the same time. */
  @Benchmark
  @Threads(32)
  public Object thirtyTwoWriters() {
    return publish();
  }

  private Object publish() {
    long next = number.incrementAndGet();
    return catalog.publish("worker-" + next % 100, String.valueOf(next), blob, "text/javascript");
  }
}
