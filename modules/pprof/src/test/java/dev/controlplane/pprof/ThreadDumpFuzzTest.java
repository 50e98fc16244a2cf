package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.controlplane.pprof.sources.NotAThreadDumpException;
import dev.controlplane.pprof.tool.Converter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Whatever bytes come, the reader answers with goroutines or with the one exception it has for
 * that. Jazzer starts from the inputs in the resources and looks for more for a few seconds.
 */
final class ThreadDumpFuzzTest {
  @FuzzTest(maxDuration = "5s")
  void anyBytesAreReadOrRefused(byte[] bytes) throws IOException {
    assertEquals(
        outcome(bytes, bytes.length + 1), outcome(bytes, 1), "depends on how the bytes come");
  }

  private static String outcome(byte[] bytes, int portion) throws IOException {
    var in =
        new ByteArrayInputStream(bytes) {
          @Override
          public synchronized int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, portion));
          }
        };
    var out = new ByteArrayOutputStream();
    try {
      Converter.Result result =
          new Converter(in, () -> out, 1 << 20).convert(Converter.Format.DEBUG2);
      return result + out.toString(StandardCharsets.UTF_8);
    } catch (NotAThreadDumpException e) {
      return e.getMessage();
    }
  }
}
