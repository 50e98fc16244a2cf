package dev.controlplane.pprof.signal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Sets the process name that {@code ps -e}, {@code pgrep}, {@code killall} and {@code top} show.
 *
 * @since 0.1.0
 */
public final class ProcessName {
  /**
   * The most bytes of a name in Linux, {@code TASK_COMM_LEN - 1}: proc(5), {@code /proc/pid/comm}.
   */
  private static final int MAX_BYTES = 15;

  private static final Path COMM = Path.of("/proc/self/comm");

  private ProcessName() {}

  /**
   * Sets the name of this process, which otherwise is {@code java}. It is truncated to 15 bytes of
   * UTF-8.
   *
   * @return whether the name was set; never on systems other than Linux
   */
  public static boolean set(String name) {
    if (!Files.exists(COMM)) {
      return false;
    }
    try (FileChannel comm = FileChannel.open(COMM, StandardOpenOption.WRITE)) {
      byte[] shortened = cut(name);
      comm.write(ByteBuffer.wrap(shortened));
      if (shortened.length == MAX_BYTES) {
        Arguments.endWith(name);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] cut(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    int end = Math.min(bytes.length, MAX_BYTES);
    while (end < bytes.length && end > 0 && isContinuation(bytes[end])) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xC0) == 0x80;
  }
}
