package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import dev.controlplane.proto.profile.Location;
import dev.controlplane.proto.profile.Mapping;
import dev.controlplane.proto.profile.Sample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The forms of a profile, as Go's readers require them. */
final class GoroutineProfileTest {
  private static final Instant TIME = Instant.ofEpochSecond(7, 5);
  private static final FrameTable FRAMES = new FrameTable();

  private static Stack stack(Object... methodsAndLines) {
    var frames = new Frame[methodsAndLines.length / 2];
    for (int i = 0; i < frames.length; i++) {
      frames[i] =
          FRAMES.frame(
              "com.example.Worker",
              (String) methodsAndLines[2 * i],
              "Worker.java",
              (Integer) methodsAndLines[2 * i + 1]);
    }
    return new Stack(frames);
  }

  private static LabelSet labels(String key, String value) {
    return new LabelSet(new TreeMap<>(Map.of(key, value)));
  }

  private static Profile profile(Object... stacksLabelsCounts) {
    return profile(TIME, stacksLabelsCounts);
  }

  private static Profile profile(Instant time, Object... stacksLabelsCounts) {
    Profile.Builder profile = GoroutineProfiler.counted().time(time).program("");
    for (int i = 0; i < stacksLabelsCounts.length; i += 3) {
      profile.add(
          (Stack) stacksLabelsCounts[i],
          (LabelSet) stacksLabelsCounts[i + 1],
          (Integer) stacksLabelsCounts[i + 2]);
    }
    return profile.build();
  }

  private static String text(Profile profile) throws IOException {
    var out = new ByteArrayOutputStream();
    ProfileText.write(profile, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static dev.controlplane.proto.profile.Profile binary(Profile profile) throws IOException {
    var out = new ByteArrayOutputStream();
    ProfileWriter.write(profile, out);
    try (var in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      return dev.controlplane.proto.profile.Profile.parseFrom(in);
    }
  }

  @Test
  void textHasGosGrammarAndColumns() throws Exception {
    Stack one = stack("m", 1, "aMethodWithALongName", 200);
    Stack two = stack("m", 1);
    String text =
        text(profile(two, LabelSet.EMPTY, 1, one, LabelSet.EMPTY, 3, two, labels("k\"", "é\n"), 1));

    assertEquals(
        """
        goroutine profile: total 5
        3 @ PC PC
        #\tPC\tcom.example.Worker.m+0x18\t\t\tcom/example/Worker.java:1
        #\tPC\tcom.example.Worker.aMethodWithALongName+0xc88\tcom/example/Worker.java:200

        1 @ PC
        #\tPC\tcom.example.Worker.m+0x18\tcom/example/Worker.java:1

        1 @ PC
        # labels: {"k\\"":"é\\n"}
        #\tPC\tcom.example.Worker.m+0x18\tcom/example/Worker.java:1

        """,
        text.replaceAll("0x[0-9a-f]{10,14}", "PC"));
  }

  @Test
  void anEmptyProfileHasItsFirstLineAlone() throws Exception {
    assertEquals("goroutine profile: total 0\n", text(profile()));
  }

  @Test
  void returnAddressesAreOnePastTheFrames() throws Exception {
    List<String> lines = text(profile(stack("m", 7), LabelSet.EMPTY, 1)).lines().toList();

    long returned = Long.decode(lines.get(1).substring("1 @ ".length()));
    long frame = Long.decode(lines.get(2).split("\t", -1)[1]);
    assertEquals(1, returned - frame);
  }

  @Test
  void addressesAreNamedByTheSymbolTableOneOffEitherWay() throws Exception {
    var profiler = GoroutineProfiler.create();
    var profile = binary(profiler.collect(Source.LIVE));

    for (Location location : profile.getLocationList()) {
      String name =
          profile.getStringTable(
              (int) profile.getFunction((int) location.getLine(0).getFunctionId() - 1).getName());
      for (long pc = location.getAddress() - 1; pc <= location.getAddress() + 1; pc++) {
        assertEquals(Optional.of(name), GoroutineProfiler.symbol(pc));
      }
    }
    assertEquals(Optional.empty(), GoroutineProfiler.symbol(0));
    assertEquals(Optional.empty(), GoroutineProfiler.symbol(-1));
  }

  @Test
  void addressesStayFromProfileToProfile() throws Exception {
    var profiler = GoroutineProfiler.create();
    assertEquals(addresses(profiler), addresses(profiler));
  }

  private static Set<Long> addresses(GoroutineProfiler profiler) throws IOException {
    var addresses = new HashSet<Long>();
    binary(profiler.collect(Source.LIVE))
        .getLocationList()
        .forEach(location -> addresses.add(location.getAddress()));
    return addresses;
  }

  @Test
  void theBinaryFormIsValidForItsStrictestReaders() throws Exception {
    var profile =
        binary(
            profile(
                stack("a", 1, "b", 2),
                LabelSet.EMPTY,
                1,
                stack("a", 2, "b", 2),
                labels("k", "v"),
                5));

    assertEquals("", profile.getStringTable(0));
    assertEquals("goroutine", profile.getStringTable((int) profile.getSampleType(0).getType()));
    assertEquals("count", profile.getStringTable((int) profile.getSampleType(0).getUnit()));
    assertEquals(profile.getSampleType(0), profile.getPeriodType());
    assertEquals(1, profile.getPeriod());
    assertEquals(7_000_000_005L, profile.getTimeNanos());
    assertEquals(0, profile.getDurationNanos());

    assertEquals(1, profile.getMappingCount());
    Mapping mapping = profile.getMapping(0);
    assertEquals(1, mapping.getId());
    assertTrue(
        mapping.getHasFunctions() && mapping.getHasFilenames() && mapping.getHasLineNumbers());
    for (int i = 0; i < profile.getLocationCount(); i++) {
      Location location = profile.getLocation(i);
      assertEquals(i + 1, location.getId());
      assertEquals(1, location.getMappingId());
      assertTrue(location.getAddress() >= mapping.getMemoryStart());
      assertTrue(location.getAddress() < mapping.getMemoryLimit());
    }
    for (int i = 0; i < profile.getFunctionCount(); i++) {
      assertEquals(i + 1, profile.getFunction(i).getId());
      assertEquals(profile.getFunction(i).getName(), profile.getFunction(i).getSystemName());
    }
    assertEquals(3, profile.getLocationCount());
    assertEquals(2, profile.getFunctionCount());
    Sample first = profile.getSample(0);
    assertEquals(List.of(5L), first.getValueList());
    assertEquals("k", profile.getStringTable((int) first.getLabel(0).getKey()));
    assertEquals("v", profile.getStringTable((int) first.getLabel(0).getStr()));
    assertEquals(List.of(1L), profile.getSample(1).getValueList());
  }

  @Test
  void aDifferenceMayBeNegativeAndLeavesOutWhatIsTheSame() throws Exception {
    Stack same = stack("same", 1);
    Stack more = stack("more", 1);
    Stack fewer = stack("fewer", 1);
    Stack gone = stack("gone", 1);
    LabelSet none = LabelSet.EMPTY;
    Profile earlier = profile(same, none, 4, more, none, 1, fewer, none, 3, gone, none, 2);
    Profile later = profile(TIME.plusSeconds(3), same, none, 4, more, none, 6, fewer, none, 2);

    var difference = binary(later.minus(earlier));

    List<Long> values =
        difference.getSampleList().stream().map(sample -> sample.getValue(0)).toList();
    assertEquals(List.of(5L, -1L, -2L), values);
    assertEquals(10_000_000_005L, difference.getTimeNanos());
    assertEquals(3_000_000_000L, difference.getDurationNanos());
  }

  @Test
  void theCallingThreadIsFirstAndRunning() throws Exception {
    String dump = Dumps.take(GoroutineProfiler.create(), Source.LIVE);

    String header = "goroutine " + Thread.currentThread().threadId() + " [running]:\n";
    assertTrue(
        dump.startsWith(header + "dev.controlplane.pprof.GoroutineProfiler.writeStacks(...)\n"),
        dump);
    assertTrue(dump.endsWith("\n") && !dump.endsWith("\n\n"));
  }

  @Test
  void theNumberWrittenIsTheNumberOfStacks() throws Exception {
    var out = new ByteArrayOutputStream();

    long written = GoroutineProfiler.create().writeStacks(Source.LIVE, StackStyle.GO, out);

    assertEquals(written, Dumps.parse(out.toString(StandardCharsets.UTF_8)).size());
  }

  @Test
  void everyOneOfManyThreadsIsSeenOnce() throws Exception {
    var profiler = GoroutineProfiler.create();
    var ids = new HashSet<Long>();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 5_000; i++) {
      Thread thread = Thread.startVirtualThread(GoroutineProfileTest::parkHere);
      threads.add(thread);
      ids.add(thread.threadId());
    }
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING) {
        Dumps.pause();
      }
    }
    String method = "dev.controlplane.pprof.GoroutineProfileTest.parkHere";

    var seen = new HashSet<Long>();
    for (Dumps.Parsed goroutine : Dumps.parse(Dumps.take(profiler, Source.LIVE)).values()) {
      if (goroutine.functions().contains(method)) {
        assertEquals("waiting", goroutine.state());
        seen.add(goroutine.id());
      }
    }
    String text = text(profiler.collect(Source.LIVE));
    var perGoroutine = new ByteArrayOutputStream();
    long written = profiler.writePerGoroutine(Source.LIVE, perGoroutine);
    threads.forEach(Thread::interrupt);

    assertEquals(ids, seen);
    assertTrue(text.contains("\n5000 @ "), text);
    try (var in = new GZIPInputStream(new ByteArrayInputStream(perGoroutine.toByteArray()))) {
      assertEquals(written, dev.controlplane.proto.profile.Profile.parseFrom(in).getSampleCount());
    }
    assertTrue(written > 5_000);
  }

  private static void parkHere() {
    LockSupport.park();
  }
}
