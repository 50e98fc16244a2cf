package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Function;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Writes profiles as gzipped {@code perftools.profiles.Profile} (google/pprof,
 * proto/profile.proto), like Go's {@code debug=0}. Samples are written as they arrive; the
 * locations, functions and texts that they share follow at the end. Ids count from 1 without gaps,
 * as Parca demands. Not thread-safe.
 *
 * <p>A profile has one mapping, which claims to be symbolized, because there is no binary that
 * pprof could ask for symbols (google/pprof, internal/driver/fetch.go and symbolizer.go).
 *
 * @since 0.1.0
 */
public final class ProfileWriter implements AutoCloseable {
  /**
   * The {@code File:} that pprof shows if the program is unknown. The {@code [} keeps pprof from
   * looking for a file with that name.
   */
  private static final String UNKNOWN = "[jvm]";

  /** The numbers of the fields in profile.proto. */
  private static final class Field {
    static final int SAMPLE_TYPE = 1;
    static final int SAMPLE = 2;
    static final int MAPPING = 3;
    static final int LOCATION = 4;
    static final int FUNCTION = 5;
    static final int STRING_TABLE = 6;
    static final int TIME_NANOS = 9;
    static final int DURATION_NANOS = 10;
    static final int PERIOD_TYPE = 11;
    static final int PERIOD = 12;
    static final int COMMENT = 13;
    static final int DEFAULT_SAMPLE_TYPE = 14;

    private Field() {}
  }

  private static final int BUFFER = 1 << 15;

  /** The most stacks whose location ids are remembered in their encoded form. */
  private static final int REMEMBERED = 1 << 12;

  private static final class Gzip extends GZIPOutputStream {
    Gzip(OutputStream out) throws IOException {
      super(out, 1 << 15);
      def.setLevel(Deflater.BEST_SPEED);
    }

    void end() {
      def.end();
    }
  }

  private final Gzip gzip;
  private final ProtoWriter out = new ProtoWriter(2 * BUFFER);
  private final ProtoWriter ids = new ProtoWriter(1024);
  private final Numbering<String> strings = new Numbering<>(new HashMap<>(), 0);
  private final Numbering<Frame> locations = new Numbering<>(new IdentityHashMap<>(), 1);
  private final IdentityHashMap<Stack, byte[]> stacks = new IdentityHashMap<>();

  /**
   * Begins a profile whose samples follow one by one.
   *
   * @param head a profile that says what they mean; its own samples, time and duration are ignored
   */
  public ProfileWriter(OutputStream target, Profile head) throws IOException {
    gzip = new Gzip(target);
    strings.of("");
    for (Profile.ValueType type : head.sampleTypes()) {
      valueType(Field.SAMPLE_TYPE, type);
    }
    valueType(Field.PERIOD_TYPE, head.periodType());
    out.number(Field.PERIOD, head.period());
    if (!head.comments().isEmpty()) {
      out.packed(Field.COMMENT, head.comments().stream().mapToLong(strings::of).toArray());
    }
    out.number(Field.DEFAULT_SAMPLE_TYPE, strings.of(head.defaultSampleType()));
    int mapping = out.open(Field.MAPPING);
    out.number(1, 1);
    out.number(2, 1L << Function.BLOCK_BITS);
    out.number(3, 1L << Function.ADDRESS_BITS);
    out.number(5, strings.of(head.program().isEmpty() ? UNKNOWN : head.program()));
    out.flag(7, true);
    out.flag(8, true);
    out.flag(9, true);
    out.close(mapping);
  }

  /**
   * Writes a whole profile. Its samples are sorted by the value that readers show first, largest
   * first. Does not close the stream.
   *
   * @throws IllegalStateException if readers would reject the profile ({@link Profile#checkValid});
   *     nothing has been written then
   */
  public static void write(Profile profile, OutputStream target) throws IOException {
    profile.checkValid();
    try (var writer = new ProfileWriter(target, profile)) {
      for (SortedSample sample : SortedSample.of(profile)) {
        writer.sample(sample.stack, sample.labels, sample.values);
      }
      writer.finish(profile.time(), profile.duration());
    }
  }

  private void valueType(int field, Profile.ValueType type) {
    int start = out.open(field);
    out.number(1, strings.of(type.type()));
    out.number(2, strings.of(type.unit()));
    out.close(start);
  }

  /** Adds a sample, with one value for each type. */
  public void sample(Stack stack, LabelSet labels, long... values) throws IOException {
    boolean drawable = labels.isDrawable();
    int start = open(stack, values);
    labels(drawable ? labels : labels.drawable());
    close(start);
    if (!drawable) {
      exactLabels(stack, labels, values.length);
    }
  }

  /**
   * Adds one goroutine with its id and state.
   *
   * @param state Go's word for what it does or waits for
   */
  public void goroutine(long id, String state, Stack stack, LabelSet labels) throws IOException {
    boolean drawable = labels.isDrawable();
    int start = open(stack, 1);
    labels(drawable ? labels : labels.drawable());
    label("go::goroutine", id, "");
    label("go::goroutine_state", state);
    close(start);
    if (!drawable) {
      exactLabels(stack, labels, 1);
    }
  }

  /**
   * Repeats escaped labels in their original form on a sample without any value. Pictures use
   * samples that count, while {@code -tags} and {@code -raw} show all.
   */
  private void exactLabels(Stack stack, LabelSet labels, int values) throws IOException {
    int start = open(stack, new long[values]);
    labels(labels);
    close(start);
  }

  private int open(Stack stack, long... values) {
    int start = out.open(Field.SAMPLE);
    if (stack.frames.length > 0) {
      out.bytes(1, locationIds(stack));
    }
    out.packed(2, values);
    return start;
  }

  private void close(int start) throws IOException {
    out.close(start);
    drainIfFull();
  }

  /** The ids of a stack's locations. Most stacks of a server have many goroutines. */
  private byte[] locationIds(Stack stack) {
    byte[] known = stacks.get(stack);
    if (known != null) {
      return known;
    }
    ids.clear();
    for (Frame frame : stack.frames) {
      ids.bare(locations.of(frame));
    }
    if (stacks.size() == REMEMBERED) {
      stacks.clear();
    }
    byte[] encoded = ids.toByteArray();
    stacks.put(stack, encoded);
    return encoded;
  }

  private void labels(LabelSet labels) {
    labels.pairs().forEach(this::label);
    labels.numbers().forEach((key, number) -> label(key, number.value(), number.unit()));
  }

  private void label(String key, String value) {
    int start = out.open(3);
    out.number(1, strings.of(key));
    out.number(2, strings.of(value));
    out.close(start);
  }

  private void label(String key, long value, String unit) {
    int start = out.open(3);
    out.number(1, strings.of(key));
    out.number(3, value);
    out.number(4, strings.of(unit));
    out.close(start);
  }

  /**
   * Completes the profile. Does not close the stream.
   *
   * @param duration the time that the samples are from; zero for none
   */
  public void finish(Instant time, Duration duration) throws IOException {
    Numbering<Function> functions = new Numbering<>(new IdentityHashMap<>(), 1);
    int id = 1;
    for (Frame frame : locations.order()) {
      int location = out.open(Field.LOCATION);
      out.number(1, id++);
      out.number(2, 1);
      out.number(3, frame.address);
      int line = out.open(4);
      out.number(1, functions.of(frame.function));
      out.number(2, frame.line);
      out.close(line);
      out.close(location);
      drainIfFull();
    }
    id = 1;
    for (Function function : functions.order()) {
      int start = out.open(Field.FUNCTION);
      out.number(1, id++);
      out.number(2, strings.of(function.name));
      out.number(3, strings.of(function.name));
      out.number(4, strings.of(function.file()));
      out.close(start);
      drainIfFull();
    }
    for (String text : strings.order()) {
      out.text(Field.STRING_TABLE, text);
      drainIfFull();
    }
    out.number(Field.TIME_NANOS, TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano());
    out.number(Field.DURATION_NANOS, duration.toNanos());
    out.drainTo(gzip);
    gzip.finish();
  }

  /** Frees the compressor's native memory, whether or not the profile was finished. */
  @Override
  public void close() {
    gzip.end();
  }

  private void drainIfFull() throws IOException {
    if (out.length() > BUFFER) {
      out.drainTo(gzip);
    }
  }
}
