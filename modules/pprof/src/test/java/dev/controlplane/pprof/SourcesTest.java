package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
