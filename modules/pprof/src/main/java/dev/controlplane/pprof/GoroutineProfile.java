package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.writers.ProfileEncoder;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Goroutines counted by stack and labels, or the difference of two such counts. Immutable. */
public final class GoroutineProfile {
  /** What goroutines are counted by. */
  public record Group(Stack stack, LabelSet labels) {}

  /**
   * A group as it is written.
   *
   * @param key {@code @ 0x… 0x…}: return addresses, leaf first; also the order among equal counts
   * @param labelText as text has them, empty without labels; the order among equal keys
   */
  public record Entry(Stack stack, LabelSet labels, long count, String key, String labelText) {}

  private final String program;
  private final Map<Group, Long> counts;
  private final Instant time;
  private final Duration duration;

  GoroutineProfile(String program, Map<Group, Long> counts, Instant time, Duration duration) {
    this.program = program;
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

  Map<Group, Long> counts() {
    return counts;
  }

  /** Sorted by count, the largest first, then by key and labels, as Go sorts them. */
  public List<Entry> entries() {
    var entries = new ArrayList<Entry>(counts.size());
    var keys = new HashMap<Stack, String>();
    counts.forEach(
        (group, count) ->
            entries.add(
                new Entry(
                    group.stack(),
                    group.labels(),
                    count,
                    keys.computeIfAbsent(group.stack(), GoroutineProfile::key),
                    group.labels().isEmpty() ? "" : group.labels().compact())));
    entries.sort(
        Comparator.comparingLong(Entry::count)
            .reversed()
            .thenComparing(Entry::key)
            .thenComparing(Entry::labelText));
    return entries;
  }

  private static String key(Stack stack) {
    var key = new StringBuilder("@");
    for (Frame frame : stack.frames) {
      key.append(" 0x").append(Long.toHexString(frame.address + 1));
    }
    return key.toString();
  }

  /**
   * Writes the profile as gzipped protobuf, as Go's {@code /debug/pprof/goroutine} does. Doesn't
   * close the stream.
   */
  public void writeBinary(OutputStream out) throws IOException {
    try (var encoder = new ProfileEncoder(out, program)) {
      for (Entry entry : entries()) {
        encoder.sample(entry.stack(), entry.labels(), entry.count());
      }
      encoder.finish(time, duration);
    }
  }

  /** Writes the profile in Go's legacy text ({@code debug=1}). Doesn't close the stream. */
  public void writeText(OutputStream out) throws IOException {
    ProfileText.write(this, out);
  }

  /**
   * What changed since an earlier profile of this process: this less the earlier, stack by stack.
   * Counts may be negative; stacks without a change are left out.
   */
  public GoroutineProfile minus(GoroutineProfile earlier) {
    var difference = new HashMap<>(counts);
    earlier.counts.forEach((group, count) -> difference.merge(group, -count, Long::sum));
    difference.values().removeIf(count -> count == 0);
    return new GoroutineProfile(program, difference, time, Duration.between(earlier.time, time));
  }
}
