package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.ProgramName;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code go tool pprof} says of our files. */
final class GoToolTest {
  private static final int THREADS = 20;

  @TempDir private Path directory;
  private final List<Thread> threads = new ArrayList<>();
  private final GoroutineProfiler profiler = GoroutineProfiler.create();

  @BeforeEach
  void parkThreads() throws InterruptedException {
    for (int i = 0; i < THREADS; i++) {
      threads.add(Goroutines.start("parked", GoToolTest::parkHere));
    }
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING) {
        Dumps.pause();
      }
    }
  }

  @AfterEach
  void unparkThreads() {
    threads.forEach(Thread::interrupt);
  }

  private static void parkHere() {
    LockSupport.park();
  }

  private String pprof(Object... args) throws IOException, InterruptedException {
    return GoPprof.run(directory, args);
  }

  private Path binary() throws IOException {
    Path file = directory.resolve("goroutine.pb.gz");
    try (OutputStream out = Files.newOutputStream(file)) {
      ProfileWriter.write(profiler.collect(Source.LIVE), out);
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"-top", "-traces", "-tree", "-peek=parkHere", "-svg", "-raw"})
  void theToolReadsTheBinaryFormWithoutAWarning(String report) throws Exception {
    String output = pprof(report, binary());

    assertTrue(output.contains("GoToolTest.parkHere"), output);
  }

  @Test
  void theFileOfAProfileIsTheProgram() throws Exception {
    String output = pprof("-top", binary());

    assertTrue(output.startsWith("File: " + ProgramName.ofThisJvm() + "\n"), output);
  }

  @Test
  void aPictureIsDrawnWhateverALabelHolds() throws Exception {
    for (String odd : List.of("a\"b{c|<d>&e}", "ends with \\", "two\nlines\u0001", "%s]\u202e")) {
      CountDownLatch labelled = new CountDownLatch(1);
      Runnable work =
          () -> {
            labelled.countDown();
            parkHere();
          };
      threads.add(Goroutines.start("odd", () -> Labels.of("consumer", odd).run(work)));
      labelled.await();
    }

    String picture = pprof("-svg", binary());

    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    factory
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(picture.getBytes(StandardCharsets.UTF_8)));
    assertTrue(picture.contains("consumer:a&quot;b{c|&lt;d&gt;&amp;e}"), picture);
    String raw = pprof("-raw", binary());
    assertTrue(raw.contains("consumer:[a\"b{c|<d>&e}]"), raw);
  }

  @Test
  void listShowsTheSource() throws Exception {
    String output = pprof("-list=GoToolTest.parkHere", "-source_path=src/test/java", binary());

    assertTrue(output.contains(THREADS + " (flat, cum)") || output.contains("LockSupport.park();"));
    assertTrue(output.matches("(?s).*\\b20\\b.*LockSupport\\.park\\(\\);.*"), output);
  }

  @Test
  void aLaterProfileIsComparedWithAnEarlier() throws Exception {
    Path earlier = Files.copy(binary(), directory.resolve("earlier.pb.gz"));
    threads.add(Goroutines.start("parked", GoToolTest::parkHere));
    while (threads.getLast().getState() != Thread.State.WAITING) {
      Dumps.pause();
    }

    String output = pprof("-top", "-diff_base=" + earlier, binary());

    assertTrue(output.matches("(?s).*\\s1\\s+[\\d.]+%.*GoToolTest\\.parkHere.*"), output);
  }

  @Test
  void theTextFormIsRead() throws Exception {
    Path file = directory.resolve("goroutine.txt");
    try (OutputStream out = Files.newOutputStream(file)) {
      ProfileText.write(profiler.collect(Source.LIVE), out);
    }

    // Without symbols: those are asked of the server a text profile comes from.
    assertTrue(pprof("-raw", "-symbolize=none", file).contains(" 20: "));
  }

  @Test
  void oneSampleAGoroutineHasItsStateAsATag() throws Exception {
    Path file = directory.resolve("goroutines.pb.gz");
    try (OutputStream out = Files.newOutputStream(file)) {
      profiler.writePerGoroutine(Source.LIVE, out);
    }

    String output = pprof("-top", "-tagfocus=go::goroutine_state=waiting", file);
    assertTrue(output.contains("20"), output);
    String all = pprof("-traces", file);
    assertTrue(
        all.matches("(?s).*go::goroutine:[ \\[]*" + threads.getFirst().threadId() + "\\b.*"), all);
  }
}
