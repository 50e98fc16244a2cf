package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.charset.StandardCharsets;

/** Mounts for tests. */
final class Mounts {
  private Mounts() {}

  /** Runs a command that mounts or unmounts. */
  static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      fail(
          "this test needs a file system of its own; run the tests as root, or allow `sudo "
              + String.join(" ", command)
              + "`: "
              + output);
    }
  }
}
