package dev.controlplane.pprof.signal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The command line that this process was started with, also after {@link ProcessName#set} has
 * changed what the kernel shows.
 *
 * @since 0.1.0
 */
public final class CommandLine {
  private static final Path KERNEL = Path.of("/proc/self/cmdline");

  /** Read once: {@link Arguments} reads it before it edits the arguments. */
  private static final byte[] STARTED = atStart();

  private CommandLine() {}

  /** The program and its arguments, separated by NUL. */
  public static byte[] read() {
    return STARTED.clone();
  }

  /** Makes sure that it was read: reading happens when this class is initialized. */
  static void keep() {}

  private static byte[] atStart() {
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
