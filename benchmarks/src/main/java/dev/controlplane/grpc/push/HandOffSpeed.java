package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.LogEntry;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * An update handed from the tail's platform thread to a handler's virtual thread that waits for it,
 * and on to a second one: two wake-ups and the way back.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class HandOffSpeed {
  private Updates updates;
  private Subscription there;
  private Subscription back;

  /** Starts the handler in between. */
  @Setup
  public void start() throws IOException {
    updates = new Updates();
    there = updates.subscription();
    back = updates.subscription();
    Thread.startVirtualThread(this::passOn);
  }

  private void passOn() {
    try {
      for (LogEntry update = there.next(Subscription.NEVER);
          update != null;
          update = there.next(Subscription.NEVER)) {
        back.offer(update);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it. */
  @TearDown
  public void close() throws IOException {
    there.end(SubscriptionEnd.GONE);
    updates.close();
  }

  /** There and back. */
  @Benchmark
  public LogEntry thereAndBack() throws InterruptedException {
    there.offer(updates.next());
    return back.next(Subscription.NEVER);
  }
}
