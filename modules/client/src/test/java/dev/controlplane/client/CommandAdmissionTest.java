package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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
}
