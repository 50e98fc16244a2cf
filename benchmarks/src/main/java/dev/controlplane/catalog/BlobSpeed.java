package dev.controlplane.catalog;

import dev.controlplane.benchmarks.Scratch;
import dev.controlplane.catalog.blobs.FileBlobStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A blob received, hashed and made durable with its fsyncs, and removed again because no version
 * comes to refer to it, so that the disk does not fill.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class BlobSpeed {
  private static final int PIECE = 64 * 1024;

  /** Bytes of a blob. */
  @Param({"1024", "65536", "1048576", "16777216"})
  public int size;

  private final byte[] piece = new byte[PIECE];
  private Scratch scratch;
  private FileBlobStore blobs;
  private long number;

  /** Makes an empty store. */
  @Setup
  public void open() throws IOException {
    scratch = new Scratch();
    blobs = new FileBlobStore(scratch.directory(), digest -> Optional.of(Instant.EPOCH));
  }

  /** Removes it. */
  @TearDown
  public void close() throws IOException {
    scratch.close();
  }

  /** Other bytes every time: a blob that is there already is not written again. */
  @Benchmark
  public StoredBlob store() {
    ByteBuffer.wrap(piece).putLong(number++);
    try (BlobStore.Upload upload = blobs.receive()) {
      for (int done = 0; done < size; done += PIECE) {
        upload.write(piece, 0, Math.min(PIECE, size - done));
      }
      return upload.commit();
    }
  }
}
