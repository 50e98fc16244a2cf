package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.LogEntry;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * One update offered to all subscriptions and taken by each, on one thread and without a transport.
 * With {@code -prof gc}: what is allocated does not grow with the number of subscriptions.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class FanOutSpeed {
  /** How many subscriptions. */
  @Param({"1000", "10000", "50000"})
  public int subscriptions;

  private Updates updates;
  private Subscription[] open;

  /** Opens them. */
  @Setup
  public void subscribe() throws IOException {
    updates = new Updates();
    open = Stream.generate(updates::subscription).limit(subscriptions).toArray(Subscription[]::new);
  }

  /** Removes the log. */
  @TearDown
  public void close() throws IOException {
    updates.close();
  }

  /** To all, then from all. */
  @Benchmark
  public void offerAndTake(Blackhole blackhole) throws InterruptedException {
    LogEntry update = updates.next();
    for (Subscription subscription : open) {
      subscription.offer(update);
    }
    for (Subscription subscription : open) {
      blackhole.consume(subscription.next(Subscription.NEVER));
    }
  }
}
