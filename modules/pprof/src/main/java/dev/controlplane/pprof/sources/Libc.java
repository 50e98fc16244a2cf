package dev.controlplane.pprof.sources;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Linux can do and Java has no word for. Each call is a courtesy: on other systems, without
 * native access, or where the system refuses, nothing happens.
 */
// Only where native access is enabled, so that nothing is printed.
@SuppressWarnings("restricted")
final class Libc {
  /** setpriority(2): of a thread, for Linux has a priority each; 0 is the calling one. */
  private static final int PRIO_PROCESS = 0;

  /** About a tenth of a core where a thread of normal priority wants it too (sched(7)). */
  private static final int LOW = 10;

  /** acl(5) and linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry. */
  private static final String DEFAULT_ACL = "system.posix_acl_default";

  private static final short[][] OWNER_ALONE = {{0x01, 06}, {0x04, 0}, {0x20, 0}};
  private static final ValueLayout.OfInt LE_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort LE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final Optional<MethodHandle> SETPRIORITY =
      function("setpriority", FunctionDescriptor.of(INT, INT, INT, INT));
  private static final Optional<MethodHandle> SETXATTR =
      function(
          "setxattr",
          FunctionDescriptor.of(
              INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              INT));

  private Libc() {}

  private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
    if (!System.getProperty("os.name").equals("Linux")
        || !Libc.class.getModule().isNativeAccessEnabled()) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type));
  }

  /**
   * Lets other threads of the machine go first, from now on and for good. For platform threads: a
   * virtual one would do it to its carrier.
   */
  static void stepBack() {
    SETPRIORITY.ifPresent(
        setpriority -> {
          try {
            int _ = (int) setpriority.invokeExact(PRIO_PROCESS, 0, LOW);
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /**
   * Makes files that are created in a directory from now on private to their owner from the first
   * byte, whoever creates them and whatever the umask is: 0600, or less where less is asked for.
   */
  static void keepFilesPrivate(Path directory) {
    SETXATTR.ifPresent(
        setxattr -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment acl = arena.allocate(4 + 8L * OWNER_ALONE.length);
            acl.set(LE_INT, 0, 2);
            long at = 4;
            for (short[] entry : OWNER_ALONE) {
              acl.set(LE_SHORT, at, entry[0]);
              acl.set(LE_SHORT, at + 2, entry[1]);
              acl.set(LE_INT, at + 4, -1);
              at += 8;
            }
            int _ =
                (int)
                    setxattr.invokeExact(
                        arena.allocateFrom(directory.toString()),
                        arena.allocateFrom(DEFAULT_ACL),
                        acl,
                        acl.byteSize(),
                        0);
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
