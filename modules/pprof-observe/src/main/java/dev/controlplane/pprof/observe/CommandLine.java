package dev.controlplane.pprof.observe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line of this process, with arguments separated by NUL. */
final class CommandLine {
  private static final Path KERNEL = Path.of("/proc/self/cmdline");

  private CommandLine() {}

  static byte[] read() {
    try {
      byte[] bytes = Files.readAllBytes(KERNEL);
      int end = bytes.length;
      return end > 0 && bytes[end - 1] == 0 ? Arrays.copyOf(bytes, end - 1) : bytes;
    } catch (IOException e) {
      return fromProcessHandle().getBytes(StandardCharsets.UTF_8);
    }
  }

  /** For systems other than Linux. */
  private static String fromProcessHandle() {
    ProcessHandle.Info info = ProcessHandle.current().info();
    List<String> all = new ArrayList<>();
    info.command().ifPresent(all::add);
    info.arguments().map(Arrays::asList).ifPresent(all::addAll);
    return String.join("\0", all);
  }
}
