package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.threads.NativeAccess;
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
 * Linux calls that Java does not offer. Each one is optional: on other systems, before JDK 22,
 * without native access, or if the system refuses, nothing happens.
 */
// Used only if native access is enabled, so that the JVM prints no warning.
@SuppressWarnings("restricted")
final class Libc {
  /**
   * setpriority(2): applies to one thread, because each Linux thread has its own priority; 0 is the
   * calling thread.
   */
  private static final int PRIO_PROCESS = 0;

  /**
   * A thread with this nice value gets about a tenth of a core that a normal thread also wants
   * (sched(7)).
   */
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
    if (!NativeAccess.isPossible() || !System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type));
  }

  /**
   * Lowers the priority of the calling thread, permanently. Only for platform threads: on a virtual
   * thread it would affect the carrier.
   */
  static void stepBack() {
    SETPRIORITY.ifPresent(
        setpriority -> {
          try {
            // Whether the system agrees does not matter.
            setpriority.invoke(PRIO_PROCESS, 0, LOW);
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /**
   * Makes new files in a directory private to their owner from the first byte, whoever creates them
   * and whatever the umask is: 0600, or less if less is requested.
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
            setxattr.invoke(
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
