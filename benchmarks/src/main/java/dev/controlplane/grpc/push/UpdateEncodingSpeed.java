package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Update;
import java.io.IOException;
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

/** What happens once to an update, however many get it: its code is read, verified, encoded. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class UpdateEncodingSpeed {
  /** Bytes of code. */
  @Param({"1024", "65536", "1048576"})
  public int size;

  private Updates updates;
  private Update update;

  /** Stores a version. */
  @Setup
  public void publish() throws IOException {
    updates = new Updates();
    update = updates.published(size);
  }

  /** Removes it. */
  @TearDown
  public void close() throws IOException {
    updates.close();
  }

  /** An entry that has no message yet. */
  @Benchmark
  public byte[] encode() {
    return updates.log().encoded(update).bytes();
  }
}
