package dev.controlplane.client.agent.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandAdmissionTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final List<String> output = new CopyOnWriteArrayList<>();

  private void admit(String command, Duration limit) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "content");
    new CommandAdmission(command, limit, (_, line) -> output.add(line))
        .admit(new Candidate("a worker", "1.0 β", file, "", 7));
  }

  @Test
  void theCommandIsToldWhatItIsAbout() throws Exception {
    admit("echo \"$CPCTL_WORKER/$CPCTL_VERSION\"; cat \"$CPCTL_FILE\" >&2", LONG);
    assertEquals(List.of("a worker/1.0 β", "content"), output);
  }

  @Test
  void anExitCodeRejectsWithTheLastLineOfTheOutput() {
    RejectedException rejected =
        assertThrows(
            RejectedException.class, () -> admit("echo first; echo why >&2; echo; exit 3", LONG));
    assertEquals("3", rejected.code());
    assertEquals("why", rejected.getMessage());
  }

  @Test
  void aCommandThatTakesTooLongIsKilledWithItsChildren() {
    RejectedException rejected =
        assertThrows(
            RejectedException.class,
            () -> admit("echo begun; sleep 600 & echo $!; wait", Duration.ofSeconds(2)));
    assertEquals("timeout", rejected.code());
    assertTrue(rejected.getMessage().startsWith("took longer than 2 s"), rejected::getMessage);
    if (output.size() == 2) {
      ProcessHandle.of(Long.parseLong(output.get(1))).ifPresent(child -> child.onExit().join());
    }
  }

  @Test
  void aCommandThatReadsGetsNothing() throws Exception {
    admit("cat", LONG);
    assertEquals(List.of(), output);
  }

  @Test
  void aLongLineIsTakenInPieces() throws Exception {
    admit("head -c 10000 /dev/zero | tr '\\0' x", LONG);
    assertEquals(List.of(4096, 4096, 1808), output.stream().map(String::length).toList());
  }

  private static long pipes() throws IOException {
    long pipes = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        try {
          pipes += Files.readSymbolicLink(one).toString().startsWith("pipe:") ? 1 : 0;
        } catch (NoSuchFileException e) {
          // The descriptor of the listing itself, or one closed meanwhile.
        }
      }
    }
    return pipes;
  }

  /** Threads that wait for a process or read from one. */
  private static long waiting() {
    return Thread.getAllStackTraces().values().stream()
        .filter(
            stack ->
                Stream.of(stack)
                    .anyMatch(frame -> frame.getMethodName().equals("waitForProcessExit0")))
        .count();
  }

  @Test
  void aBackgroundChildOfTheCommandKeepsNoThreadAndNoDescriptor() throws Exception {
    long pipes = pipes();
    long waiting = waiting();
    try {
      for (int i = 0; i < 10; i++) {
        // The child has the command's output as its own, and lives on.
        admit("sleep 600 & echo $!", LONG);
      }
      assertEquals(10, output.size());
      for (String pid : output) {
        assertTrue(ProcessHandle.of(Long.parseLong(pid)).orElseThrow().isAlive());
      }
      long end = System.nanoTime() + LONG.toNanos();
      while (pipes() > pipes || waiting() > waiting) {
        assertTrue(
            System.nanoTime() < end,
            () -> "of %d pipes and %d threads more stay".formatted(pipes, waiting));
        Thread.onSpinWait();
      }
    } finally {
      output.forEach(
          pid -> ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly));
    }
  }
}
