package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.jfr.RecordedProgram;
import dev.controlplane.pprof.tool.Main;
import dev.controlplane.proto.profile.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code convert} of recordings that a JVM wrote. */
final class RecordingConversionTest {
  @TempDir private static Path shared;
  private static Path recording;

  @TempDir private Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void record() throws Exception {
    recording = shared.resolve("all.jfr");
    ChildJvm.Ended ended =
        ChildJvm.run(shared, ChildJvm.OPTIONS, RecordedProgram.class, recording.toString());
    assertEquals(0, ended.code(), ended.output());
  }

  private int run(byte[] standardInput, Object... args) {
    String[] texts = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    return new Main(
            new ByteArrayInputStream(standardInput), new PrintStream(out), new PrintStream(err))
        .run(texts);
  }

  private int run(Object... args) {
    return run(new byte[0], args);
  }

  private Profile profile() throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      return Profile.parseFrom(in);
    }
  }

  private static List<String> types(Profile profile) {
    return profile.getSampleTypeList().stream()
        .map(
            type ->
                profile.getStringTable((int) type.getType())
                    + "/"
                    + profile.getStringTable((int) type.getUnit()))
        .toList();
  }

  /** The function with the most of the last value anywhere on the stack, among the program's. */
  private static String top(Profile profile) {
    var sums = new HashMap<String, Long>();
    profile
        .getSampleList()
        .forEach(
            sample -> {
              var names = new ArrayList<String>();
              for (long id : sample.getLocationIdList()) {
                long function = profile.getLocation((int) id - 1).getLine(0).getFunctionId();
                names.add(
                    profile.getStringTable(
                        (int) profile.getFunction((int) function - 1).getName()));
              }
              long value = sample.getValue(sample.getValueCount() - 1);
              names.stream()
                  .filter(name -> name.startsWith(RecordedProgram.class.getName()))
                  .findFirst()
                  .ifPresent(name -> sums.merge(name, value, Long::sum));
            });
    return sums.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(entry -> entry.getKey().substring(entry.getKey().lastIndexOf('.') + 1))
        .orElse("");
  }

  @ParameterizedTest
  @CsvSource({
    "cpu,burn,samples/count cpu/nanoseconds",
    "execution,burn,samples/count cpu/nanoseconds",
    "alloc,allocate,alloc_objects/count alloc_space/bytes",
    "lock,enter,contentions/count delay/nanoseconds",
    "leak,leak,inuse_objects/count inuse_space/bytes"
  })
  void eachKindOfEventIsAProfile(String event, String method, String types) throws Exception {
    assertEquals(0, run("convert", recording, "--event", event), err::toString);

    assertEquals("", err.toString(StandardCharsets.UTF_8));
    assertEquals(List.of(types.split(" ", -1)), types(profile()));
    assertEquals(method, top(profile()), () -> event);
  }

  @Test
  void aWaitForALockIsAsLongAsItWas() throws Exception {
    assertEquals(0, run("convert", recording, "--event", "lock"), err::toString);

    long nanos = profile().getSampleList().stream().mapToLong(sample -> sample.getValue(1)).sum();
    assertTrue(nanos > 40_000_000, () -> nanos + " ns");
  }

  @Test
  void withoutAnEventCpuTimeIsTaken() throws Exception {
    assertEquals(0, run("convert", recording));

    assertEquals("burn", top(profile()));
    assertEquals(10_000_000, profile().getPeriod());
    assertTrue(profile().getDurationNanos() > 0);
  }

  @Test
  void aGzippedRecordingIsReadAlsoFromStandardInput() throws Exception {
    var zipped = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(zipped)) {
      Files.copy(recording, gzip);
    }

    assertEquals(0, run(zipped.toByteArray(), "convert", "-", "-e", "execution"), err::toString);

    assertEquals("burn", top(profile()));
  }

  @Test
  void textIsInGosFormat() throws Exception {
    assertEquals(0, run("convert", recording, "-e", "lock", "-f", "debug1"), err::toString);
    assertTrue(
        out.toString(StandardCharsets.UTF_8).startsWith("--- contention:\ncycles/second="),
        out::toString);
  }

  @Test
  void aRecordingThatIsCutOffGivesWhatWasBefore() throws Exception {
    byte[] whole = Files.readAllBytes(recording);
    Path cut =
        Files.write(directory.resolve("cut.jfr"), Arrays.copyOf(whole, whole.length * 9 / 10));

    int code = run("convert", cut, "-e", "execution");

    // What can be read depends on where the reader's tables are; it is told in any case.
    assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err::toString);
    assertEquals(code == 0, out.size() > 0);
  }

  @Test
  void whatOnlyBeginsLikeARecordingIsRefused() throws Exception {
    Path file = Files.write(directory.resolve("x.jfr"), new byte[] {'F', 'L', 'R', 0, 1, 2, 3});

    assertEquals(1, run("convert", file));

    assertTrue(err.toString(StandardCharsets.UTF_8).contains("can't be read"), err::toString);
    assertEquals(0, out.size());
  }

  @Test
  void anEventThatTheRecordingLacksIsNamed() throws Exception {
    Path none = directory.resolve("none.jfr");
    ChildJvm.run(directory, ChildJvm.OPTIONS, RecordedProgram.class, none.toString(), "nothing");

    assertEquals(1, run("convert", none, "-e", "alloc"));
    assertEquals(1, run("convert", none));

    List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(lines.get(0).contains("no events of --event alloc"), err::toString);
    assertTrue(lines.get(1).contains("cpu, execution, alloc, lock, leak"), err::toString);
  }

  @Test
  void aWrongOptionIsExplained() throws Exception {
    assertEquals(2, run("convert", recording, "--event", "nonsense"));
    assertEquals(1, run("convert", recording, "--format", "debug2"));
    Path dump = Files.writeString(directory.resolve("dump.json"), "{}");
    assertEquals(1, run("convert", dump, "--event", "cpu"));

    String told = err.toString(StandardCharsets.UTF_8);
    assertTrue(told.contains("expected cpu, execution, alloc, lock or leak"), told);
    assertTrue(told.contains("use --format pb or debug1"), told);
    assertTrue(told.contains("needs a Flight Recorder recording"), told);
    assertFalse(told.contains("Exception"), told);
    assertEquals(0, out.size());
  }
}
