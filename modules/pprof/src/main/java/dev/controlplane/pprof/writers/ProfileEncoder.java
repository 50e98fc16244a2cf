package dev.controlplane.pprof.writers;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Function;
import dev.controlplane.pprof.model.Goroutine;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.proto.profile.Label;
import dev.controlplane.proto.profile.Line;
import dev.controlplane.proto.profile.Location;
import dev.controlplane.proto.profile.Mapping;
import dev.controlplane.proto.profile.Profile;
import dev.controlplane.proto.profile.Sample;
import dev.controlplane.proto.profile.ValueType;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a goroutine profile as gzipped {@code perftools.profiles.Profile}. Samples are written as
 * they arrive; the locations, functions and texts that they share follow at the end. Not
 * thread-safe.
 *
 * <p>The profile has one mapping, which claims to be symbolized, because there is no binary that
 * pprof could ask for symbols (google/pprof, internal/driver/fetch.go and symbolizer.go).
 */
public final class ProfileEncoder implements AutoCloseable {
  /**
   * The {@code File:} that pprof shows if the program is unknown. The {@code [} keeps pprof from
   * looking for a file with that name.
   */
  private static final String UNKNOWN = "[jvm]";

  private static final String TYPE = "goroutine";
  private static final String UNIT = "count";

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
  private final CodedOutputStream out;
  private final Map<String, Integer> strings = new HashMap<>();
  private final IdentityHashMap<Frame, Integer> locations = new IdentityHashMap<>();
  private final List<Frame> locationOrder = new ArrayList<>();
  private final List<String> stringOrder = new ArrayList<>();

  /**
   * Begins a profile.
   *
   * @param program the {@code File:} that pprof shows; empty if unknown
   */
  public ProfileEncoder(OutputStream target, String program) throws IOException {
    gzip = new Gzip(target);
    out = CodedOutputStream.newInstance(gzip, 1 << 15);
    string("");
    ValueType type = ValueType.newBuilder().setType(string(TYPE)).setUnit(string(UNIT)).build();
    write(Profile.SAMPLE_TYPE_FIELD_NUMBER, type);
    write(Profile.PERIOD_TYPE_FIELD_NUMBER, type);
    out.writeInt64(Profile.PERIOD_FIELD_NUMBER, 1);
    write(
        Profile.MAPPING_FIELD_NUMBER,
        Mapping.newBuilder()
            .setId(1)
            .setMemoryStart(1L << Function.BLOCK_BITS)
            .setMemoryLimit(1L << Function.ADDRESS_BITS)
            .setFilename(string(program.isEmpty() ? UNKNOWN : program))
            .setHasFunctions(true)
            .setHasFilenames(true)
            .setHasLineNumbers(true)
            .build());
  }

  /** Adds goroutines with the same stack and labels. */
  public void sample(Stack stack, LabelSet labels, long count) throws IOException {
    write(Profile.SAMPLE_FIELD_NUMBER, sampleOf(stack, labels.drawable(), count).build());
    exactLabels(stack, labels);
  }

  /** Adds one goroutine with its id and state. */
  public void sample(Goroutine goroutine) throws IOException {
    Sample.Builder sample = sampleOf(goroutine.stack(), goroutine.labels().drawable(), 1);
    sample.addLabel(Label.newBuilder().setKey(string("go::goroutine")).setNum(goroutine.id()));
    sample.addLabel(
        Label.newBuilder().setKey(string("go::goroutine_state")).setStr(string(goroutine.state())));
    write(Profile.SAMPLE_FIELD_NUMBER, sample.build());
    exactLabels(goroutine.stack(), goroutine.labels());
  }

  /**
   * Repeats escaped labels in their original form on a sample with count 0. Pictures use samples
   * that count, while {@code -tags} and {@code -raw} show all.
   */
  private void exactLabels(Stack stack, LabelSet labels) throws IOException {
    if (!labels.isDrawable()) {
      write(Profile.SAMPLE_FIELD_NUMBER, sampleOf(stack, labels, 0).build());
    }
  }

  private Sample.Builder sampleOf(Stack stack, LabelSet labels, long count) {
    Sample.Builder sample = Sample.newBuilder().addValue(count);
    for (Frame frame : stack.frames) {
      sample.addLocationId(location(frame));
    }
    labels
        .pairs()
        .forEach(
            (key, value) ->
                sample.addLabel(Label.newBuilder().setKey(string(key)).setStr(string(value))));
    return sample;
  }

  /** Completes the profile. Does not close the stream. */
  public void finish(Instant time, Duration duration) throws IOException {
    var functions = new IdentityHashMap<Function, Integer>();
    var functionOrder = new ArrayList<Function>();
    for (int i = 0; i < locationOrder.size(); i++) {
      Frame frame = locationOrder.get(i);
      int function =
          functions.computeIfAbsent(
              frame.function,
              added -> {
                functionOrder.add(added);
                return functionOrder.size();
              });
      write(
          Profile.LOCATION_FIELD_NUMBER,
          Location.newBuilder()
              .setId(i + 1)
              .setMappingId(1)
              .setAddress(frame.address)
              .addLine(Line.newBuilder().setFunctionId(function).setLine(frame.line))
              .build());
    }
    for (int i = 0; i < functionOrder.size(); i++) {
      Function function = functionOrder.get(i);
      write(
          Profile.FUNCTION_FIELD_NUMBER,
          dev.controlplane.proto.profile.Function.newBuilder()
              .setId(i + 1)
              .setName(string(function.name))
              .setSystemName(string(function.name))
              .setFilename(string(function.file))
              .build());
    }
    for (String text : stringOrder) {
      out.writeString(Profile.STRING_TABLE_FIELD_NUMBER, text);
    }
    out.writeInt64(
        Profile.TIME_NANOS_FIELD_NUMBER,
        TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano());
    if (!duration.isZero()) {
      out.writeInt64(Profile.DURATION_NANOS_FIELD_NUMBER, duration.toNanos());
    }
    out.flush();
    gzip.finish();
  }

  /** Frees the compressor's native memory, whether or not the profile was finished. */
  @Override
  public void close() {
    gzip.end();
  }

  private void write(int field, MessageLite message) throws IOException {
    out.writeMessage(field, message);
  }

  private int location(Frame frame) {
    Integer known = locations.get(frame);
    if (known != null) {
      return known;
    }
    locationOrder.add(frame);
    locations.put(frame, locationOrder.size());
    return locationOrder.size();
  }

  private int string(String text) {
    Integer known = strings.putIfAbsent(text, stringOrder.size());
    if (known != null) {
      return known;
    }
    stringOrder.add(text);
    return stringOrder.size() - 1;
  }
}
