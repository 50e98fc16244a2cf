package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.sources.NotAThreadDumpException;
import dev.controlplane.pprof.tool.Converter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dumps of all forms, whole and broken, through the converter. */
final class ThreadDumpTest {
  record Converted(String text, Converter.Result result) {}

  private static Converted convert(InputStream in, Converter.Format format) throws IOException {
    var out = new ByteArrayOutputStream();
    Converter.Result result = new Converter(in, () -> out, 1 << 20).convert(format);
    return new Converted(out.toString(StandardCharsets.UTF_8), result);
  }

  private static Converted stacks(String json) throws IOException {
    return convert(
        new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), Converter.Format.DEBUG2);
  }

  private static byte[] sample(String name) throws IOException {
    try (InputStream in = ThreadDumpTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static String dump(String threads) {
    return "{\"threadDump\":{\"threadContainers\":[{\"threads\":[" + threads + "]}]}}";
  }

  @ParameterizedTest
  @ValueSource(strings = {"jdk21.json", "jdk25.json", "jdk27.json"})
  void theFormsOfAllVersionsGiveTheSameStacks(String name) throws Exception {
    Converted converted = convert(new ByteArrayInputStream(sample(name)), Converter.Format.DEBUG2);

    String expected = new String(sample("expected-debug2.txt"), StandardCharsets.UTF_8);
    assertEquals(expected, converted.text());
    assertNull(converted.result().dump().damage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "com.example.Worker.run(Worker.java:7) | com.example.Worker.run com/example/Worker.java:7",
        "java.base\\/java.lang.Thread.run(Thread.java:1) | java.lang.Thread.run"
            + " java/lang/Thread.java:1",
        "java.base@25.0.3\\/java.lang.Thread.run(Thread.java:1) | java.lang.Thread.run"
            + " java/lang/Thread.java:1",
        "app\\/\\/com.example.A$B.c(A.java:2) | com.example.A$B.c com/example/A.java:2",
        "loader\\/mod@1\\/com.example.A.c(A.java:2) | com.example.A.c com/example/A.java:2",
        "java.base\\/java.lang.Object.wait0(Native Method) | java.lang.Object.wait0"
            + " java/lang/Object.java:0",
        "com.example.A$B.c(Native Method) | com.example.A$B.c com/example/A.java:0",
        "com.example.A.c(Unknown Source) | com.example.A.c ??:0",
        "com.example.A.c(A.java) | com.example.A.c com/example/A.java:0",
        "Main.main(Main.java:3) | Main.main Main.java:3",
        "a.F$$Lambda\\/0x0000000012.run(Unknown Source) | a.F$$Lambda.run ??:0",
        "m\\/a.F$$Lambda$14\\/0x0000000012.run(Unknown Source) | a.F$$Lambda.run ??:0",
        "a.F.<init>(F.java:9) | a.F.<init> a/F.java:9",
        "a.Gr\\u00fcn.\\u00e4(Gr\\u00fcn.java:9) | a.Grün.ä a/Grün.java:9",
      })
  void aFrameIsNamedAsProfilesNameIt(String frame, String expected) throws Exception {
    String text =
        stacks(dump("{\"tid\":\"9\",\"state\":\"BLOCKED\",\"stack\":[\"" + frame + "\"]}")).text();

    assertEquals(
        "goroutine 9 [sync.Mutex.Lock]:\n" + expected.replace(" ", "(...)\n\t") + "\n", text);
  }

  @Test
  void aDumpCutOffAnywhereGivesTheThreadsBefore() throws Exception {
    byte[] whole = sample("jdk25.json");
    int most = 0;
    int failed = 0;
    for (int length = 0; length < whole.length; length++) {
      var cut = new ByteArrayInputStream(Arrays.copyOf(whole, length));
      try {
        Converter.Result result = convert(cut, Converter.Format.DEBUG1).result();
        assertTrue(result.written() >= most, "fewer threads of more bytes");
        most = (int) result.written();
        if (length < whole.length - 1) {
          assertTrue(result.dump().damage().startsWith("it is cut off after " + length));
        }
      } catch (NotAThreadDumpException e) {
        assertEquals(0, most, "a thread could be read of less");
        failed++;
      }
    }
    assertEquals(4, most);
    assertTrue(failed > 0);
  }

  @Test
  void bytesThatComeOneByOneAreReadAlike() throws Exception {
    byte[] whole = sample("jdk25.json");
    var slow =
        new ByteArrayInputStream(whole) {
          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(length, 1));
          }
        };

    assertEquals(
        convert(new ByteArrayInputStream(whole), Converter.Format.DEBUG2).text(),
        convert(slow, Converter.Format.DEBUG2).text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | it is empty",
        "'   ' | it is empty",
        "4711 | it is not JSON",
        "<html></html> | it is not JSON",
        "{} | it has no \"threadDump\"",
        "{\"a\":[{\"b\":null}]} | it has no \"threadDump\"",
        "{\"threadDump\":7} | it has no \"threadDump\"",
        "{\"threadDump\":{\"threadContainers\":[]}} | it has no thread",
        "{\"threadDump\":{\"threadContainers\":7}} | it has no thread",
        "{\"threadDump\":[ | it is cut off",
        "{]} | it is damaged at byte 1: expected \", found ]",
      })
  void whatIsNoThreadDumpIsRefusedWithTheReason(String input, String reason) {
    Exception refused = assertThrows(NotAThreadDumpException.class, () -> stacks(input));

    assertTrue(refused.getMessage().startsWith(reason), refused.getMessage());
  }

  @Test
  void aTargetIsNotOpenedForNothing() {
    for (Converter.Format format : Converter.Format.values()) {
      var converter =
          new Converter(
              new ByteArrayInputStream(new byte[] {'{', '}'}),
              () -> {
                throw new AssertionError("opened");
              },
              1 << 20);
      assertThrows(NotAThreadDumpException.class, () -> converter.convert(format));
    }
  }

  @Test
  void whatIsUnknownOrOddIsPassedOver() throws Exception {
    String thread =
        """
        {"new":{"a":[1,{"b":[]}]},"tid":5,"stack":["nonsense",7,["x"],"a.B.c(B.java:1)","(",".(x)"],
         "virtual":{"a":1},"state":"NO_SUCH","parkBlocker":3,"carrier":[],"name":null}
        """;
    Converted converted = stacks(dump(thread + ",{\"stack\":[]},7,{\"tid\":\"x\"},{\"tid\":{}}"));

    assertEquals("goroutine 5 [running]:\na.B.c(...)\n\ta/B.java:1\n", converted.text());
    assertEquals(3, converted.result().dump().badFrames());
    assertEquals(3, converted.result().dump().incomplete());
  }

  @Test
  void aTextOfAnyLengthIsReadInBoundedMemory() throws Exception {
    String longText = "x".repeat(3 << 20) + "\\\"" + "y".repeat(1 << 17);
    String thread =
        "{\"name\":\"%s\",\"tid\":\"5\",\"stack\":[\"%s\",\"a.B.c(B.java:1)\"]}"
            .formatted(longText, longText);

    Converted converted = stacks(dump(thread + "," + thread));

    assertEquals(2, converted.result().written());
    assertEquals(2, converted.result().dump().badFrames());
  }

  @Test
  void damageInTheMiddleKeepsWhatCameBefore() throws Exception {
    String thread = "{\"tid\":\"5\",\"stack\":[\"a.B.c(B.java:1)\"]}";

    Converted converted = stacks(dump(thread + ",\u0000garbage"));

    assertEquals(1, converted.result().written());
    assertTrue(converted.result().dump().damage().contains("found 0x00"));
  }

  @Test
  void nestingWithoutEndIsDamageAndNoOverflow() throws Exception {
    String thread = "{\"tid\":\"5\",\"stack\":[\"a.B.c(B.java:1)\"]}";

    Converted converted = stacks(dump(thread + ",{\"x\":" + "[".repeat(100_000)));

    assertTrue(converted.result().dump().damage().contains("damaged"));
  }

  @Test
  void threadsWithoutFramesAreShownWithOne() throws Exception {
    Converted converted =
        stacks(
            dump(
                """
                {"tid":"9","name":"Signal Dispatcher","state":"RUNNABLE","stack":[]},
                {"tid":"10","name":"x","state":"RUNNABLE","stack":[]},
                {"tid":"11","virtual":true,"name":"","state":"RUNNABLE","stack":[]},
                {"tid":"12","name":"over","state":"TERMINATED","stack":[]}
                """));

    assertEquals(
        """
        goroutine 9 [syscall]:
        jvm.SignalDispatcher(...)
        \t??:0

        goroutine 10 [running]:
        java.lang.Thread.start(...)
        \tjava/lang/Thread.java:0

        goroutine 11 [runnable]:
        java.lang.VirtualThread.start(...)
        \tjava/lang/VirtualThread.java:0
        """,
        converted.text());
  }

  @Test
  void stacksThatHaveNoRoomAreCountedAsLeftOut() throws Exception {
    var threads = new StringBuilder();
    for (int i = 1; i <= 20_000; i++) {
      threads.append(i == 1 ? "" : ",");
      threads.append("{\"tid\":\"%d\",\"stack\":[\"a.B.c(B.java:%d)\"]}".formatted(i, i));
    }
    var in = new ByteArrayInputStream(dump(threads.toString()).getBytes(StandardCharsets.UTF_8));

    Converter.Result result = convert(in, Converter.Format.DEBUG1).result();

    assertTrue(result.crowdedOut() > 0);
    assertEquals(20_000, result.written() + result.crowdedOut());
  }
}
