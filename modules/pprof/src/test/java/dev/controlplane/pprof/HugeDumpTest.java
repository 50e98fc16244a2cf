package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dumps that are larger than the memory. */
final class HugeDumpTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"stacks, pb", "frames, debug2", "frames, debug3"})
  void aDumpThatIsDifferentInEachThreadIsConvertedInLittleMemory(String different, String format)
      throws Exception {
    Path target = directory.resolve("out");

    ChildJvm.Ended ended =
        ChildJvm.run(
            directory, List.of("-Xmx256m"), HugeDump.class, different, format, target.toString());

    assertEquals(0, ended.code(), ended.output());
    assertTrue(
        ended.output().matches("pprof: -: \\d+ threads are left out, for there is too much .*\\R"),
        ended.output());
    assertTrue(Files.size(target) > 0);
  }
}
