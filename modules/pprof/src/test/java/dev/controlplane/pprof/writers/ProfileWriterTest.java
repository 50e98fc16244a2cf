package dev.controlplane.pprof.writers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.text.ByteBuilder;
import dev.controlplane.proto.profile.Label;
import dev.controlplane.proto.profile.Sample;
import dev.controlplane.proto.profile.ValueType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The binary form, byte for byte. */
final class ProfileWriterTest {
  private static byte[] written(Profile profile) throws IOException {
    var out = new ByteArrayOutputStream();
    ProfileWriter.write(profile, out);
    try (var in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      return in.readAllBytes();
    }
  }

  private static dev.controlplane.proto.profile.Profile parsed(Profile profile) throws IOException {
    return dev.controlplane.proto.profile.Profile.parseFrom(written(profile));
  }

  /** The fields of a message, sorted by their numbers; those of a list stay in order. */
  private static byte[] sorted(byte[] message) throws IOException {
    var fields = new TreeMap<Integer, ByteArrayOutputStream>();
    CodedInputStream in = CodedInputStream.newInstance(message);
    while (!in.isAtEnd()) {
      int start = in.getTotalBytesRead();
      int tag = in.readTag();
      in.skipField(tag);
      fields
          .computeIfAbsent(WireFormat.getTagFieldNumber(tag), first -> new ByteArrayOutputStream())
          .write(message, start, in.getTotalBytesRead() - start);
    }
    var sorted = new ByteArrayOutputStream();
    for (ByteArrayOutputStream field : fields.values()) {
      field.writeTo(sorted);
    }
    return sorted.toByteArray();
  }

  @Test
  void theBytesAreThoseOfTheGeneratedClasses() throws Exception {
    byte[] own = written(SampleProfiles.rich());

    byte[] generated = dev.controlplane.proto.profile.Profile.parseFrom(own).toByteArray();

    assertArrayEquals(generated, sorted(own));
  }

  @Test
  void readersFindWhatTheProfileSays() throws Exception {
    Profile profile = SampleProfiles.rich();
    var read = parsed(profile);

    assertEquals(profile.sampleTypes(), types(read, read.getSampleTypeList()));
    assertEquals(List.of(profile.periodType()), types(read, List.of(read.getPeriodType())));
    assertEquals(profile.period(), read.getPeriod());
    assertEquals("alloc_space", text(read, read.getDefaultSampleType()));
    assertEquals(
        profile.comments(), read.getCommentList().stream().map(i -> text(read, i)).toList());
    assertEquals(1_795_441_871_057_934_969L, read.getTimeNanos());
    assertEquals(10_001_000_000L, read.getDurationNanos());
    assertEquals("worker-server", text(read, read.getMapping(0).getFilename()));
    var expected = new TreeSet<String>();
    profile.forEach((stack, labels, values) -> expected.add(line(stack, labels, values)));
    var found = new TreeSet<String>();
    for (Sample sample : read.getSampleList()) {
      found.add(line(read, sample));
    }
    assertEquals(expected, found);
  }

  private static String text(dev.controlplane.proto.profile.Profile read, long index) {
    return read.getStringTable((int) index);
  }

  private static List<Profile.ValueType> types(
      dev.controlplane.proto.profile.Profile read, List<ValueType> types) {
    return types.stream()
        .map(type -> new Profile.ValueType(text(read, type.getType()), text(read, type.getUnit())))
        .toList();
  }

  private static String line(Stack stack, LabelSet labels, long[] values) {
    var line = new ArrayList<String>();
    for (Frame frame : stack.frames) {
      line.add(frame.address + frame.function.name + frame.function.file() + frame.line);
    }
    labels.pairs().forEach((key, value) -> line.add(key + "=" + value));
    labels.numbers().forEach((key, n) -> line.add(key + "=" + n.value() + n.unit()));
    for (long value : values) {
      line.add(String.valueOf(value));
    }
    return line.toString();
  }

  private static String line(dev.controlplane.proto.profile.Profile read, Sample sample) {
    var line = new ArrayList<String>();
    for (long id : sample.getLocationIdList()) {
      var location = read.getLocation((int) id - 1);
      var function = read.getFunction((int) location.getLine(0).getFunctionId() - 1);
      line.add(
          location.getAddress()
              + text(read, function.getName())
              + text(read, function.getFilename())
              + location.getLine(0).getLine());
    }
    for (Label label : sample.getLabelList()) {
      line.add(
          text(read, label.getKey())
              + "="
              + (label.getStr() != 0 ? text(read, label.getStr()) : label.getNum())
              + text(read, label.getNumUnit()));
    }
    sample.getValueList().forEach(value -> line.add(String.valueOf(value)));
    return line.toString();
  }

  @Test
  void anEmptyProfileHasItsTypesAndItsMapping() throws Exception {
    var read = parsed(SampleProfiles.contention().program("").build());

    assertEquals(2, read.getSampleTypeCount());
    assertEquals(1, read.getMappingCount());
    assertEquals("[jvm]", text(read, read.getMapping(0).getFilename()));
    assertTrue(read.getMapping(0).getHasFunctions());
    assertEquals(0, read.getSampleCount());
    assertEquals("", read.getStringTable(0));
  }

  @Test
  void aProfileThatReadersWouldRejectIsNotBegun() {
    Stack stack = SampleProfiles.stack("com.example.Worker", 1);
    Stack foreign =
        new Stack(new Frame[] {new FrameTable().frame("com.example.Other", "m", "Other.java", 1)});
    LabelSet none = LabelSet.EMPTY;

    refused(SampleProfiles.contention().add(stack, none, 1, 1).add(foreign, none, 1, 1), "tables");
    refused(SampleProfiles.contention().add(stack, SampleProfiles.labels("", "v"), 1, 1), "no key");
    refused(
        SampleProfiles.contention()
            .add(stack, SampleProfiles.labels("k", "v").withNumber("k", 1, ""), 1, 1),
        "label k has a text and a number");
    refused(SampleProfiles.contention().time(Instant.MAX), "its time");
    refused(Profile.builder(SampleProfiles.type("", "count")), "sample type has no name");
  }

  private static void refused(Profile.Builder builder, String reason) {
    var out = new ByteArrayOutputStream();
    Exception refused =
        assertThrows(IllegalStateException.class, () -> ProfileWriter.write(builder.build(), out));

    assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    assertEquals(0, out.size());
  }

  @Test
  void samplesAreSortedByTheValueThatReadersShowFirst() throws Exception {
    Profile.Builder profile = SampleProfiles.contention();
    profile.add(SampleProfiles.stack("com.example.A", 1), LabelSet.EMPTY, 9, 1);
    profile.add(SampleProfiles.stack("com.example.B", 1), LabelSet.EMPTY, 1, 9);

    assertEquals(List.of(1L, 9L), firstValues(parsed(profile.build())));
    assertEquals(
        List.of(9L, 1L), firstValues(parsed(profile(SampleProfiles.contention(), "contentions"))));
  }

  private static Profile profile(Profile.Builder builder, String shownFirst) {
    return builder
        .defaultSampleType(shownFirst)
        .add(SampleProfiles.stack("com.example.A", 1), LabelSet.EMPTY, 9, 1)
        .add(SampleProfiles.stack("com.example.B", 1), LabelSet.EMPTY, 1, 9)
        .build();
  }

  private static List<Long> firstValues(dev.controlplane.proto.profile.Profile read) {
    return read.getSampleList().stream().map(sample -> sample.getValue(0)).toList();
  }

  @Test
  void equalSamplesAreSortedByTheTextOfTheirAddresses() throws Exception {
    Profile.Builder profile = SampleProfiles.contention();
    for (int i = 0; i < 2_000; i++) {
      profile.add(
          SampleProfiles.stack("com.example.C" + i % 997, 1 + i, 2 + i % 3), LabelSet.EMPTY, 1, 1);
      profile.add(SampleProfiles.stack("com.example.C" + i % 997, 1 + i), LabelSet.EMPTY, 1, 1);
    }

    var keys = new ArrayList<String>();
    for (SortedSample sample : SortedSample.of(profile.build())) {
      var key = new ByteBuilder(64);
      new RecordText().appendAddresses(key, sample.stack);
      keys.add(new String(key.toByteArray(), java.nio.charset.StandardCharsets.US_ASCII).strip());
    }

    assertEquals(keys.stream().sorted().toList(), keys);
  }
}
