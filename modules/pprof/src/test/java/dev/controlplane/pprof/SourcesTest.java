package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the facts come from makes no difference. */
final class SourcesTest {
  @TempDir private Path directory;

  @Test
  void bothSourcesGiveTheSameProfileOfAQuietJvm() throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, ChildJvm.OPTIONS, QuietThreads.class);

    assertEquals("same", ended.output().strip());
  }

  @Test
  void withoutTheExportTheThreadsThatCanBeSeenAreShownAndTheOptionIsNamed() throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, List.of(), QuietThreads.class, "print");

    assertTrue(
        ended.output().contains("--add-exports java.base/jdk.internal.vm=ALL-UNNAMED"),
        ended.output());
    assertTrue(ended.output().contains("[waiting labels:{\"kind\": \"quiet\"}]"), ended.output());
    assertTrue(ended.output().contains("[chan receive]"), ended.output());
  }

  @ParameterizedTest
  @EnumSource(
      value = Source.class,
      names = {"LIVE", "HOTSPOT"})
  void theJvmsOwnThreadsAreLeftOutIfTheOptionsSaySo(Source source) throws Exception {
    String all = ChildJvm.run(directory, ChildJvm.OPTIONS, QuietThreads.class, "print").output();
    String program =
        ChildJvm.run(directory, ChildJvm.OPTIONS, QuietThreads.class, "program", source.toString())
            .output();

    for (String own : List.of("Reference$ReferenceHandler", "FinalizerThread", "ForkJoin")) {
      assertTrue(all.contains(own), all);
      assertFalse(program.contains(own), program);
    }
    assertTrue(program.contains("QuietThreads.main"), program);
    assertTrue(program.contains("[chan receive labels:{\"kind\": \"plain\"}]"), program);
    assertTrue(program.contains("ReentrantLock"), program);
  }
}
