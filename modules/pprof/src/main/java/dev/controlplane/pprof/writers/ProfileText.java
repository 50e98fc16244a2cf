package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.text.ByteBuilder;
import dev.controlplane.pprof.text.Lines;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * Writes profiles in Go's legacy texts, {@code debug=1} (runtime/pprof/pprof.go). {@code go tool
 * pprof} reads them, and takes the same values from them as from the binary form. No method closes
 * the stream.
 *
 * @since 0.1.0
 */
public final class ProfileText {
  private static final int FULL = 1 << 15;

  /** What a profile of allocations counts, in Go's order. */
  private static final List<String> HEAP_TYPES =
      List.of("alloc_objects", "alloc_space", "inuse_objects", "inuse_space");

  private static final List<String> CONTENTION_TYPES = List.of("contentions", "delay");

  /**
   * Twice the sampling rate of which pprof computes what a sample stands for. The values of a
   * profile stand for themselves, so the rate is 1.
   */
  private static final int NOT_SAMPLED = 2;

  private ProfileText() {}

  /**
   * Writes a profile of one count: {@code NAME profile: total N} and the stacks, as Go's
   * printCountProfile does. The name is that of the profile's first type.
   */
  public static void write(Profile profile, OutputStream out) throws IOException {
    var text = new ByteBuilder(2 * FULL);
    text.append(Lines.oneLine(profile.sampleTypes().get(0).type())).append(" profile: total ");
    text.append(Long.toString(profile.total(0))).append('\n');
    var record = new RecordText();
    for (SortedSample sample : SortedSample.of(profile)) {
      text.append(Long.toString(sample.values[0])).append(' ');
      record.appendAddresses(text, sample.stack);
      if (!sample.labelText().isEmpty()) {
        text.append("# labels: ").append(sample.labelText()).append('\n');
      }
      record.appendFrames(text, sample.stack);
      drain(text, FULL, out);
    }
    drain(text, 0, out);
  }

  /**
   * Writes a profile of allocations, as Go's writeHeapInternal does.
   *
   * <p>A sample that has bytes without any object is written with one object, because pprof rejects
   * the profile otherwise.
   *
   * @param statistics the lines below {@code # runtime.MemStats}, in order
   * @throws IllegalArgumentException if the profile does not count alloc_objects, alloc_space,
   *     inuse_objects and inuse_space
   */
  public static void writeHeap(Profile profile, Map<String, Long> statistics, OutputStream out)
      throws IOException {
    requireTypes(HEAP_TYPES, profile);
    long allocated = profile.total(1);
    long used = profile.total(3);
    var text = new ByteBuilder(2 * FULL);
    text.append("heap profile: ");
    // pprof takes a profile with equal numbers for one that does not tell them apart.
    heap(text, profile.total(2), used, profile.total(0), allocated == used ? used + 1 : allocated);
    text.append(" @ heap/").append(NOT_SAMPLED).append('\n');
    var record = new RecordText();
    for (SortedSample sample : SortedSample.of(profile)) {
      long[] values = sample.values;
      heap(
          text,
          atLeastOne(values[2], values[3]),
          values[3],
          atLeastOne(values[0], values[1]),
          values[1]);
      text.append(' ');
      record.appendAddresses(text, sample.stack);
      record.appendFrames(text, sample.stack);
      drain(text, FULL, out);
    }
    text.append("\n# runtime.MemStats\n");
    statistics.forEach((name, value) -> text.append("# " + name + " = " + value).append('\n'));
    drain(text, 0, out);
  }

  private static long atLeastOne(long objects, long bytes) {
    return objects == 0 && bytes != 0 ? 1 : objects;
  }

  private static void heap(
      ByteBuilder text, long usedObjects, long usedBytes, long objects, long bytes) {
    text.append("%d: %d [%d: %d]".formatted(usedObjects, usedBytes, objects, bytes));
  }

  /**
   * Writes a profile of contention, as Go's writeProfileInternal does. A cycle is a nanosecond.
   *
   * @param kind {@code contention} for the profile block, {@code mutex} for the profile mutex
   * @throws IllegalArgumentException if the profile does not count contentions and delay
   */
  public static void writeContention(Profile profile, String kind, OutputStream out)
      throws IOException {
    requireTypes(CONTENTION_TYPES, profile);
    var text = new ByteBuilder(2 * FULL);
    text.append("--- " + kind + ":\ncycles/second=1000000000\n");
    if (kind.equals("mutex")) {
      text.append("sampling period=1\n");
    }
    for (String comment : profile.comments()) {
      text.append("# ").append(Lines.oneLine(comment)).append('\n');
    }
    var record = new RecordText();
    for (SortedSample sample : SortedSample.of(profile)) {
      text.append("%d %d ".formatted(sample.values[1], sample.values[0]));
      record.appendAddresses(text, sample.stack);
      if (!sample.labelText().isEmpty()) {
        text.append("# labels: ").append(sample.labelText()).append('\n');
      }
      record.appendFrames(text, sample.stack);
      drain(text, FULL, out);
    }
    drain(text, 0, out);
  }

  private static void requireTypes(List<String> types, Profile profile) {
    if (!profile.sampleTypes().stream().map(Profile.ValueType::type).toList().equals(types)) {
      throw new IllegalArgumentException(
          "this text is for a profile of " + types + ", not of " + profile.sampleTypes());
    }
  }

  private static void drain(ByteBuilder text, int fuller, OutputStream out) throws IOException {
    if (text.length() > fuller) {
      text.writeTo(out);
      text.clear();
    }
  }
}
