package dev.controlplane.pprof.signal;

import dev.controlplane.pprof.threads.NativeAccess;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Edits the arguments of this process in {@code /proc/self/cmdline}. They are memory of the
 * process, which it may change, as setproctitle does.
 *
 * <p>Why: {@code killall} assumes that the kernel truncated a name of 15 bytes and looks for the
 * rest in the arguments. It then finds {@code consumer-server.jar} and does not recognize {@code
 * consumer-server}. So if the last part of an argument's path is the name plus an extension, the
 * extension is overwritten with NULs; {@code ps} shows them as blanks.
 */
// Access to the memory of the C program that runs this JVM.
@SuppressWarnings("restricted")
final class Arguments {
  /** Indexes in {@code /proc/pid/stat} (proc(5)), counted from 0 after the field in parentheses. */
  private static final int ARG_START = 45;

  private static final int ARG_END = 46;

  private Arguments() {}

  static void endWith(String name) throws IOException {
    if (!NativeAccess.isOffered()) {
      return;
    }
    String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long start = Long.parseUnsignedLong(fields[ARG_START]);
    long end = Long.parseUnsignedLong(fields[ARG_END]);
    if (start == 0 || end <= start) {
      return;
    }
    try {
      endWith(name, MemorySegment.ofAddress(start).reinterpret(end - start));
    } catch (IllegalCallerException e) {
      // Without native access the arguments stay unchanged.
    }
  }

  private static void endWith(String name, MemorySegment memory) {
    byte[] bytes = memory.toArray(ValueLayout.JAVA_BYTE);
    String arguments = new String(bytes, StandardCharsets.ISO_8859_1);
    String bytesOfName =
        new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    Matcher followed =
        Pattern.compile("(?<=[/\0])" + Pattern.quote(bytesOfName) + "(\\.[^/\0]*)\0")
            .matcher(arguments);
    if (followed.find()) {
      CommandLine.keep();
      memory.asSlice(followed.start(1), followed.end(1) - followed.start(1)).fill((byte) 0);
    }
  }
}
