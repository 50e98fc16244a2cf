package dev.controlplane.client.cli.terminal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;

/** Who looks at a stream of this process; {@code System.console()} knows nothing of stderr. */
public final class Terminal {
  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  private Terminal() {}

  /** Whether nothing but plain lines is wanted, by https://no-color.org and for dumb terminals. */
  public static boolean isPlain(Map<String, String> environment) {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty()
        || environment.getOrDefault("TERM", "").equals("dumb");
  }

  /** Whether a file descriptor is a terminal: isatty(3). False where that can't be found out. */
  @SuppressWarnings("restricted")
  public static boolean is(int descriptor) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> isatty = linker.defaultLookup().find("isatty");
    if (isatty.isEmpty()) {
      return false;
    }
    try {
      FunctionDescriptor signature =
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
      return (int) linker.downcallHandle(isatty.get(), signature).invokeExact(descriptor) == 1;
    } catch (Throwable e) {
      throw new IllegalStateException("isatty(" + descriptor + ")", e);
    }
  }
}
