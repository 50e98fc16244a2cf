package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A diagnosis must not kill the patient. */
final class UnderLoadTest {
  @TempDir private Path directory;

  @Test
  void tenThousandProfilesOfBusyVirtualThreadsHarmNothing() throws Exception {
    ChildJvm.Ended ended =
        ChildJvm.run(directory, ChildJvm.OPTIONS, BusyThreads.class, "live", "10000");

    assertEquals(0, ended.code(), ended.output());
    assertEquals("10000 profiles", ended.output().strip());
  }

  /**
   * Why the live walk exists (JDK-8364343). Run by {@code -Dgroups=jdk-crash -DexcludedGroups=};
   * fails on a JVM that is cured.
   */
  @Test
  @Tag("jdk-crash")
  void theDumpOfTheJvmItselfCrashesItUnderTheSameLoad() throws Exception {
    List<String> options = new ArrayList<>(ChildJvm.OPTIONS);
    options.add("-XX:-CreateCoredumpOnCrash");
    ChildJvm.Ended ended = ChildJvm.run(directory, options, BusyThreads.class, "hotspot", "10000");

    assertNotEquals(0, ended.code(), ended.output());
    assertTrue(ended.output().contains("SIGSEGV"), ended.output());
  }
}
