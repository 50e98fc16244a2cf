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

/** Goroutines counted by stack and labels, or the difference of two such profiles. Immutable. */
public final class GoroutineProfile {
  /** The key by which goroutines are counted. */
  public record Group(Stack stack, LabelSet labels) {}

  /**
   * A group of goroutines in the order and form in which it is written.
   *
   * @param key {@code @ 0x… 0x…}: the return addresses, leaf first. Groups with equal counts are
   *     sorted by it.
   * @param labelText the labels as in the text form, empty without labels. Groups with equal keys
   *     are sorted by it.
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

  /** The number of goroutines; for a difference, by how many the number grew. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** When the profile was taken; for a difference, when the later one was. */
  public Instant time() {
    return time;
  }

  /** For a difference, the time between the two profiles; otherwise zero. */
  public Duration duration() {
    return duration;
  }

  Map<Group, Long> counts() {
    return counts;
  }

  /** The groups, sorted as Go sorts them: by count, largest first, then by key and labels. */
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
   * Writes the profile as gzipped protobuf, like Go's {@code /debug/pprof/goroutine}. Does not
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

  /** Writes the profile in Go's legacy text format ({@code debug=1}). Does not close the stream. */
  public void writeText(OutputStream out) throws IOException {
    ProfileText.write(this, out);
  }

  /**
   * Returns the difference to an earlier profile of this process, stack by stack. Counts may be
   * negative; stacks with equal counts are left out.
   */
  public GoroutineProfile minus(GoroutineProfile earlier) {
    var difference = new HashMap<>(counts);
    earlier.counts.forEach((group, count) -> difference.merge(group, -count, Long::sum));
    difference.values().removeIf(count -> count == 0);
    return new GoroutineProfile(program, difference, time, Duration.between(earlier.time, time));
  }
}
