package dev.controlplane.pprof.writers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.MemStats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Go's legacy texts, as people see them and as {@code go tool pprof} reads them. */
final class ProfileTextTest {
  @TempDir private Path directory;

  @FunctionalInterface
  private interface Form {
    void writeTo(OutputStream out) throws IOException;
  }

  private static String text(Form form) throws IOException {
    var out = new ByteArrayOutputStream();
    form.writeTo(out);
    return out.toString(StandardCharsets.UTF_8).replaceAll("0x[0-9a-f]{10,14}", "PC");
  }

  private static Stack one() {
    return SampleProfiles.stack("com.example.One", 1, 200);
  }

  private static Stack two() {
    return SampleProfiles.stack("com.example.Two", 2);
  }

  private static Profile heap() {
    return SampleProfiles.heap()
        .add(one(), LabelSet.EMPTY.withNumber("bytes", 64, "bytes"), 1_000, 64_000, 100, 6_400)
        .add(two(), LabelSet.EMPTY.withNumber("bytes", 24, "bytes"), 7, 168, 0, 0)
        .build();
  }

  private static Profile contention() {
    return SampleProfiles.contention()
        .add(one(), LabelSet.EMPTY, 3, 4_000_000_123L)
        .add(two(), LabelSet.EMPTY, 1, 17)
        .build();
  }

  @Test
  void heapHasGosLines() throws Exception {
    var statistics = new LinkedHashMap<String, Long>();
    statistics.put("Alloc", 5L);
    statistics.put("NumGC", 6L);

    assertEquals(
        """
        heap profile: 100: 6400 [1007: 64168] @ heap/2
        100: 6400 [1000: 64000] @ PC PC
        #\tPC\tcom.example.One.m1+0x18\t\tcom/example/One.java:1
        #\tPC\tcom.example.One.m200+0xc88\tcom/example/One.java:200

        0: 0 [7: 168] @ PC
        #\tPC\tcom.example.Two.m2+0x28\tcom/example/Two.java:2


        # runtime.MemStats
        # Alloc = 5
        # NumGC = 6
        """,
        text(out -> ProfileText.writeHeap(heap(), statistics, out)));
  }

  @Test
  void contentionHasGosLines() throws Exception {
    String records =
        """
        4000000123 3 @ PC PC
        #\tPC\tcom.example.One.m1+0x18\t\tcom/example/One.java:1
        #\tPC\tcom.example.One.m200+0xc88\tcom/example/One.java:200

        17 1 @ PC
        #\tPC\tcom.example.Two.m2+0x28\tcom/example/Two.java:2

        """;

    assertEquals(
        "--- contention:\ncycles/second=1000000000\n" + records,
        text(out -> ProfileText.writeContention(contention(), "contention", out)));
    assertEquals(
        "--- mutex:\ncycles/second=1000000000\nsampling period=1\n" + records,
        text(out -> ProfileText.writeContention(contention(), "mutex", out)));
  }

  @Test
  void aCountIsCalledByItsName() throws Exception {
    Profile profile =
        Profile.builder(SampleProfiles.type("threadcreate", "count"))
            .add(two(), LabelSet.EMPTY, 8)
            .build();

    assertEquals(
        """
        threadcreate profile: total 8
        8 @ PC
        #\tPC\tcom.example.Two.m2+0x28\tcom/example/Two.java:2

        """,
        text(out -> ProfileText.write(profile, out)));
  }

  @Test
  void aNameWithControlCharactersBreaksNoLine() throws Exception {
    var frame = SampleProfiles.FRAMES.frame("com.example.Ev\nil\u2028", "a\tb\r", "E\nvil.kt", 3);
    Profile profile =
        Profile.builder(SampleProfiles.type("goroutine", "count"))
            .add(new Stack(new Frame[] {frame}), LabelSet.EMPTY, 1)
            .build();

    assertEquals(
        """
        goroutine profile: total 1
        1 @ PC
        #\tPC\tcom.example.Ev_il_.a_b_+0x38\tcom/example/E_vil.kt:3

        """,
        text(out -> ProfileText.write(profile, out)));
  }

  @Test
  void aTextIsForTheProfilesThatHaveItsValues() {
    var out = new ByteArrayOutputStream();

    Exception refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> ProfileText.writeHeap(contention(), Map.of(), out));
    assertThrows(
        IllegalArgumentException.class, () -> ProfileText.writeContention(heap(), "mutex", out));

    assertTrue(refused.getMessage().contains("alloc_objects"), refused.getMessage());
    assertEquals(0, out.size());
  }

  @Test
  void theMemoryOfThisJvmHasGosWords() {
    Map<String, Long> before = MemStats.now();
    long allocated = new long[1 << 20].length * 8L;
    Map<String, Long> after = MemStats.now();

    assertEquals(
        List.of("Alloc", "TotalAlloc", "Sys", "HeapAlloc", "HeapSys", "HeapInuse", "NumGC"),
        List.copyOf(after.keySet()));
    assertTrue(after.get("TotalAlloc") - before.get("TotalAlloc") >= allocated);
    assertTrue(after.get("Sys") > after.get("HeapSys"));
    assertTrue(after.get("HeapSys") >= after.get("HeapInuse"));
  }

  @Test
  void theToolTakesTheSameValuesFromTheHeapsTextAsFromItsBinaryForm() throws Exception {
    assertSameValues(heap(), out -> ProfileText.writeHeap(heap(), MemStats.now(), out));
  }

  @Test
  void theToolReadsAHeapOfWhichEverythingIsInUse() throws Exception {
    Profile profile = SampleProfiles.heap().add(one(), LabelSet.EMPTY, 1, 40, 1, 40).build();

    assertSameValues(profile, out -> ProfileText.writeHeap(profile, MemStats.now(), out));
  }

  @Test
  void theToolReadsBytesWithoutObjects() throws Exception {
    Profile profile = SampleProfiles.heap().add(one(), LabelSet.EMPTY, 5, 40, 0, 40).build();

    String raw = raw(file("heap.txt", out -> ProfileText.writeHeap(profile, MemStats.now(), out)));

    assertTrue(raw.contains("5         40          1         40: "), raw);
  }

  @Test
  void theToolTakesTheSameValuesFromTheTextsOfContentionAsFromTheBinaryForm() throws Exception {
    assertSameValues(
        contention(), out -> ProfileText.writeContention(contention(), "contention", out));
    assertSameValues(contention(), out -> ProfileText.writeContention(contention(), "mutex", out));
  }

  @Test
  void theToolTakesTheSameValuesFromACountAsFromItsBinaryForm() throws Exception {
    Profile profile =
        Profile.builder(SampleProfiles.type("threadcreate", "count"))
            .add(one(), LabelSet.EMPTY, 8)
            .add(two(), LabelSet.EMPTY, 3)
            .build();

    assertSameValues(profile, out -> ProfileText.write(profile, out));
  }

  private void assertSameValues(Profile profile, Form form) throws Exception {
    String fromBinary = raw(file("binary.pb.gz", out -> ProfileWriter.write(profile, out)));
    String fromText = raw(file("text.txt", form));

    assertEquals(types(fromBinary), types(fromText));
    assertEquals(samples(fromBinary), samples(fromText));
    assertEquals(profile.size(), samples(fromText).size());
  }

  private Path file(String name, Form form) throws IOException {
    Path file = directory.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      form.writeTo(out);
    }
    return file;
  }

  private String raw(Path profile) throws IOException, InterruptedException {
    Path out = directory.resolve("raw.txt");
    Process process =
        new ProcessBuilder("go", "tool", "pprof", "-raw", "-symbolize=none", profile.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES), "pprof hangs");
    String raw = Files.readString(out);
    assertEquals(0, process.exitValue(), raw);
    return raw;
  }

  /** The line of the sample types, without the mark of the default. */
  private static String types(String raw) {
    List<String> lines = raw.lines().toList();
    return lines.get(lines.indexOf("Samples:") + 1).replace("[dflt]", "").strip();
  }

  /** Values, addresses and numbers of each sample. */
  private static Set<String> samples(String raw) {
    Map<String, String> addresses = new HashMap<>();
    Matcher location = Pattern.compile("(?m)^ +(\\d+): (0x[0-9a-f]+)").matcher(raw);
    while (location.find()) {
      addresses.put(location.group(1), location.group(2));
    }
    var samples = new TreeSet<String>();
    Matcher sample =
        Pattern.compile("(?m)^ +(\\d[\\d ]*): ([\\d ]+)$(\\n +bytes:.*$)?").matcher(raw);
    while (sample.find()) {
      var line = new ArrayList<String>(List.of(sample.group(1).strip().split(" +", -1)));
      for (String id : sample.group(2).strip().split(" +", -1)) {
        line.add(addresses.get(id));
      }
      samples.add(line.toString());
    }
    return samples;
  }
}
