package dev.controlplane.client.cli.terminal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The streams of this process, as the C library sees them. {@code System.console()} only tells
 * whether both standard input and output are terminals.
 */
public final class SystemTerminal implements Terminal {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  /** On Linux, the names of terminals' devices. */
  private static final Pattern DEVICE = Pattern.compile("/dev/(pts/\\d|tty|console).*");

  /** On Linux the device's name tells it. That is faster than the first call of a C function. */
  @Override
  public boolean is(int descriptor) {
    try {
      Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return DEVICE.matcher(target.toString()).matches();
    } catch (IOException | UnsupportedOperationException e) {
      // This is not Linux, or there is no /proc.
      return isatty(descriptor);
    }
  }

  private static boolean isatty(int descriptor) {
    try {
      MethodHandle isatty = function("isatty", FunctionDescriptor.of(INT, INT));
      return isatty != null && (int) isatty.invokeExact(descriptor) == 1;
    } catch (Throwable e) {
      throw new IllegalStateException("isatty(" + descriptor + ")", e);
    }
  }

  /** {@code struct winsize} of ioctl_tty(2) begins with the rows and the columns, 16 bits each. */
  @Override
  public int columns() {
    boolean bsd = !System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    long getWindowSize = bsd ? 0x40087468L : 0x5413L;
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle ioctl =
          function(
              "ioctl",
              FunctionDescriptor.of(INT, INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
              Linker.Option.firstVariadicArg(2));
      if (ioctl == null) {
        return 0;
      }
      MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, 4);
      int result = (int) ioctl.invokeExact(STDOUT, getWindowSize, size);
      return result == 0 ? Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1)) : 0;
    } catch (Throwable e) {
      throw new IllegalStateException("ioctl(TIOCGWINSZ)", e);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(
      String name, FunctionDescriptor signature, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> address = linker.defaultLookup().find(name);
    return address.isEmpty() ? null : linker.downcallHandle(address.get(), signature, options);
  }
}
