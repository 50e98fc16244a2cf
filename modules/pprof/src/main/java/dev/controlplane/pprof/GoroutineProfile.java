package dev.controlplane.pprof;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Goroutines counted by stack and labels, or the difference of two such counts. Immutable. */
public final class GoroutineProfile {
  record Key(Stack stack, LabelSet labels) {}

  private final Map<Key, Long> counts;
  private final Instant time;
  private final Duration duration;

  GoroutineProfile(Map<Key, Long> counts, Instant time, Duration duration) {
    this.counts = counts;
    this.time = time;
    this.duration = duration;
  }

  /** How many goroutines it counts; of a difference, how many more there were. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** When it was taken; a difference has the time of the later one. */
  public Instant time() {
    return time;
  }

  /** Time between the two profiles of a difference, else zero. */
  public Duration duration() {
    return duration;
  }

  Map<Key, Long> counts() {
    return counts;
  }

  /**
   * Writes the profile as gzipped protobuf, as Go's {@code /debug/pprof/goroutine} does. Doesn't
   * close the stream.
   */
  public void writeBinary(OutputStream out) throws IOException {
    BinaryWriter.write(this, out);
  }

  /** Writes the profile in Go's legacy text ({@code debug=1}). Doesn't close the stream. */
  public void writeText(OutputStream out) throws IOException {
    TextWriter.write(this, out);
  }

  /**
   * What changed since an earlier profile of this process: this less the earlier, stack by stack.
   * Counts may be negative; stacks without a change are left out.
   */
  public GoroutineProfile minus(GoroutineProfile earlier) {
    var difference = new HashMap<>(counts);
    earlier.counts.forEach((key, count) -> difference.merge(key, -count, Long::sum));
    difference.values().removeIf(count -> count == 0);
    return new GoroutineProfile(difference, time, Duration.between(earlier.time, time));
  }
}
