package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What recordings ask of a JVM, and leave behind. */
final class RecorderTest {
  @TempDir private Path directory;

  @Test
  void nothingRecordsAndNoThreadRunsBeforeAProfileIsAskedFor() throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, ChildJvm.OPTIONS, IdleProgram.class, "idle");

    assertEquals("threads []\nrecorder false\n", ended.output());
  }

  @Test
  void aJvmWithoutAFlightRecorderSaysWhatIsMissing() throws Exception {
    var options = new ArrayList<String>(ChildJvm.OPTIONS);
    options.add("--limit-modules=java.base,java.management,jdk.management");

    ChildJvm.Ended ended = ChildJvm.run(directory, options, IdleProgram.class, "ask");

    assertEquals(0, ended.code(), ended::output);
    List<String> lines = ended.output().lines().toList();
    assertTrue(lines.get(0).startsWith("profile: this JVM has no Flight Recorder"), ended::output);
    assertTrue(lines.get(1).startsWith("trace: this JVM has no Flight Recorder"), ended::output);
  }

  @Test
  void aJvmWithoutAFlightRecorderStartsWithAllocationsSwitchedOn() throws Exception {
    var options = new ArrayList<String>(ChildJvm.OPTIONS);
    options.add("--limit-modules=java.base,java.management,jdk.management");

    ChildJvm.Ended ended = ChildJvm.run(directory, options, IdleProgram.class, "allocations");

    List<String> lines = ended.output().lines().toList();
    assertTrue(lines.get(0).startsWith("allocs: this JVM has no Flight Recorder"), ended::output);
    // Such a JVM has no histogram either.
    assertTrue(
        lines
            .get(1)
            .startsWith(
                "heap: this JVM does not tell its objects by class, because its module jdk.jfr is"
                    + " missing: add it with "),
        ended::output);
  }

  /** The recorder would end the JVM once it can't write. */
  @Test
  void nothingIsRecordedOnADiskThatIsFull() throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, ChildJvm.OPTIONS, IdleProgram.class, "full");

    List<String> lines = ended.output().lines().toList();
    assertTrue(lines.get(0).startsWith("profile: the disk of the Flight Recorder has 0 MB left"));
    assertTrue(lines.get(1).startsWith("trace: the disk of the Flight Recorder has 0 MB left"));
  }

  /** Here too, the recorder would end the JVM. */
  @Test
  void nothingIsRecordedWhenFileDescriptorsAreShort() throws Exception {
    ChildJvm.Ended ended =
        ChildJvm.run(directory, ChildJvm.OPTIONS, IdleProgram.class, "descriptors");

    List<String> lines = ended.output().lines().toList();
    assertTrue(
        lines.get(0).matches("profile: this process has \\d+ file descriptors left .*"),
        ended::output);
    assertTrue(
        lines.get(1).matches("trace: this process has \\d+ file descriptors left .*"),
        ended::output);
  }

  @Test
  void aProfileLeavesNoFile() throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, ChildJvm.OPTIONS, IdleProgram.class, "ask");

    assertEquals(0, ended.code(), ended::output);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          List.of("output.txt"), files.map(file -> file.getFileName().toString()).toList());
    }
  }
}
