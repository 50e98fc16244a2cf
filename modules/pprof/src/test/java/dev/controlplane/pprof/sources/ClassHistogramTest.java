package dev.controlplane.pprof.sources;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text of {@code GC.class_histogram}. */
final class ClassHistogramTest {
  @Test
  void itsLinesAreRead() {
    String text =
        """
         num     #instances         #bytes  class name (module)
        -------------------------------------------------------
           1:         12345        1234567  [B (java.base@25.0.3)
           2:             7            168  com.example.Worker
        Total         12352        1234735
        """;

    assertEquals(
        List.of(
            new ClassHistogram.Line("byte[]", 12345, 1234567),
            new ClassHistogram.Line("com.example.Worker", 7, 168)),
        ClassHistogram.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "java.lang.String,java.lang.String",
    "[I,int[]",
    "[[J,long[][]",
    "[Ljava.lang.String;,java.lang.String[]",
    "[[Ljava.util.Map$Entry;,java.util.Map$Entry[][]",
    "[,["
  })
  void aClassIsSpelledAsInJava(String name, String spelled) {
    assertEquals(spelled, ClassHistogram.spelled(name));
  }
}
