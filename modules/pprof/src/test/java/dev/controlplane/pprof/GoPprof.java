package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the real {@code go tool pprof}. */
public final class GoPprof {
  private GoPprof() {}

  /**
   * Returns what it writes. Fails if it complains.
   *
   * @param directory for what it writes
   */
  public static String run(Path directory, Object... args)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>(List.of("go", "tool", "pprof"));
    for (Object arg : args) {
      command.add(arg.toString());
    }
    Path out = directory.resolve("out.txt");
    Path err = directory.resolve("err.txt");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
    } catch (IOException e) {
      return fail("go is missing: apt-get install golang-go graphviz", e);
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES), "pprof hangs");
    assertEquals("", Files.readString(err), () -> String.join(" ", command));
    assertEquals(0, process.exitValue());
    return Files.readString(out);
  }
}
